// The nodes that a change means: names, zones, pools and selectors looked up among the nodes there are.
//
// Order is the cluster's. What nobody is called is refused with the nearest name that somebody has.

import {
  LabelSelector,
  type NodeObject,
  parseLabelSelector,
  ZONE_LABEL,
} from "../../cluster/index.ts";
import { NODE_POOL_LABEL } from "../assembly/node-pools.ts";
import type { NodePick } from "./change.ts";
import { type ChangeRefused, hintOf } from "./change-words.ts";

/** Labels by which clouds and podsim say to which pool a node belongs, in the order of asking. */
const POOL_LABELS: readonly string[] = [
  NODE_POOL_LABEL,
  "karpenter.sh/nodepool",
  "eks.amazonaws.com/nodegroup",
  "cloud.google.com/gke-nodepool",
  "kubernetes.azure.com/agentpool",
  "agentpool",
  "node.kubernetes.io/instance-group",
];

/** Refuses a pick, with a remedy. */
export type RefusePick = (pick: NodePick, message: string, hint?: string) => ChangeRefused;

/** The pool of a node; undefined for a node that says none. */
export function poolOf(node: NodeObject): string | undefined {
  for (const label of POOL_LABELS) {
    const pool = node.meta.labels.get(label);
    if (pool !== undefined) return pool;
  }
  return undefined;
}

/** The nodes of all picks, each once, in the cluster's order. */
export function nodesOfPicks(
  picks: readonly NodePick[],
  nodes: readonly NodeObject[],
  refuse: RefusePick,
): NodeObject[] {
  const found = new Set(picks.flatMap((pick) => nodesOfPick(pick, nodes, refuse)));
  return nodes.filter((node) => found.has(node));
}

function nodesOfPick(
  pick: NodePick,
  nodes: readonly NodeObject[],
  refuse: RefusePick,
): NodeObject[] {
  switch (pick.by) {
    case "all":
      return [...nodes];
    case "name": {
      const node = nodes.find(({ meta }) => meta.name === pick.text);
      if (node !== undefined) return [node];
      const names = nodes.map(({ meta }) => meta.name);
      throw refuse(pick, `no node is called '${pick.text}'`, hintOf(pick.text, names, "node"));
    }
    case "zone":
      return nodesOfGroup(pick, nodes, (node) => node.meta.labels.get(ZONE_LABEL), refuse);
    case "pool": {
      const members = nodesOfGroup(pick, nodes, poolOf, refuse);
      if (pick.count === undefined || pick.count <= members.length)
        return members.slice(0, pick.count);
      throw refuse(pick, `the pool '${pick.text}' has only ${members.length} nodes`);
    }
    case "selector":
      return nodesOfSelector(pick, nodes, refuse);
  }
}

function nodesOfGroup(
  pick: NodePick & { readonly text: string },
  nodes: readonly NodeObject[],
  groupOf: (node: NodeObject) => string | undefined,
  refuse: RefusePick,
): NodeObject[] {
  const members = nodes.filter((node) => groupOf(node) === pick.text);
  if (members.length > 0) return members;
  const known = new Set(nodes.flatMap((node) => groupOf(node) ?? []));
  const hint = hintOf(pick.text, [...known], pick.by);
  throw refuse(pick, `no ${pick.by} is called '${pick.text}'`, hint);
}

function nodesOfSelector(
  pick: NodePick & { readonly text: string },
  nodes: readonly NodeObject[],
  refuse: RefusePick,
): NodeObject[] {
  const selector = parseLabelSelector(pick.text);
  if (!(selector instanceof LabelSelector) || selector.error !== undefined)
    throw refuse(pick, `'${pick.text}' is no label selector: ${selector.error}`);
  const found = nodes.filter(({ meta }) => selector.matches(meta.labels));
  if (found.length > 0) return found;
  throw refuse(pick, `no node has the labels ${pick.text}`, "kubectl get nodes --show-labels");
}
