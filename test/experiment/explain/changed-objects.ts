// Suggested changes carried out on plain objects, so that they are judged through the front door:
// the cluster is described anew, as a user would who followed the advice.

import type { ExplainedChange } from "../../../src/metrics/index.ts";

/** Manifests as the tests make them. */
export type Manifest = {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: manifests are edited at any place
  spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: the same
  status?: any;
};

/** The objects after the changes; the pod asked about is called web. */
export function changedObjects(
  objects: readonly object[],
  changes: readonly ExplainedChange[],
): object[] {
  const all = JSON.parse(JSON.stringify(objects)) as Manifest[];
  const web = all.find(({ kind, metadata }) => kind === "Pod" && metadata.name === "web")!;
  let kept = all;
  for (const change of changes) {
    const { target, node, podsGone } = change;
    if (target === "pod") changePod(web, change);
    else if (target === "node") {
      changeNode(
        all.find(({ kind, metadata }) => kind === "Node" && metadata.name === node)!,
        change,
      );
    } else {
      kept = kept.filter(
        ({ kind, metadata }) =>
          kind !== "Pod" || !podsGone.includes(`${metadata.namespace}/${metadata.name}`),
      );
    }
  }
  return kept;
}

function changeNode({ metadata, spec, status }: Manifest, change: ExplainedChange): void {
  const { kind, text, amount } = change;
  switch (kind) {
    case "more-room":
      status.allocatable[amount!.resource] = quantity(amount!.unit, amount!.to);
      return;
    case "remove-taint": {
      const [, key, effect] = /remove taint ([^=:]+)(?:=[^:]*)?:(\w+)$/.exec(text)!;
      spec.taints = spec.taints.filter(
        (taint: { key: string; effect: string }) => taint.key !== key || taint.effect !== effect,
      );
      return;
    }
    case "uncordon":
      spec.unschedulable = false;
      return;
    case "set-labels":
      for (const word of /^label (.*)$/.exec(text)![1]!.split(" ")) {
        const [key, value] = word.split("=");
        if (value === undefined) delete metadata.labels![key!.replace(/-$/, "")];
        else metadata.labels![key!] = value;
      }
      return;
    default:
      throw new Error(`a node cannot ${kind}`);
  }
}

function changePod({ spec }: Manifest, change: ExplainedChange): void {
  const { kind, text, amount } = change;
  const [container] = spec.containers;
  switch (kind) {
    case "smaller-request":
      container.resources.requests[amount!.resource] = quantity(amount!.unit, amount!.to);
      delete container.resources.limits?.[amount!.resource];
      if (container.resources.limits?.[amount!.resource] === undefined && amount!.unit === "count")
        container.resources.limits = {
          ...container.resources.limits,
          [amount!.resource]: quantity(amount!.unit, amount!.to),
        };
      return;
    case "add-toleration": {
      const [, key, value, effect] = /tolerate taint ([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text)!;
      const rule =
        value === undefined ? { key, operator: "Exists", effect } : { key, value, effect };
      spec.tolerations = [...(spec.tolerations ?? []), rule];
      return;
    }
    case "drop-node-selector": {
      const [, key] = /remove ([^=]+)=/.exec(text)!;
      delete spec.nodeSelector[key!];
      return;
    }
    case "drop-node-affinity": {
      const found = /remove "([\w./-]+)/.exec(text);
      const { nodeAffinity } = spec.affinity;
      const terms = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
      if (found !== null) {
        const [only] = terms;
        only.matchExpressions = only.matchExpressions.filter(
          (each: { key: string }) => each.key !== found[1],
        );
        if (only.matchExpressions.length > 0) return;
      }
      delete spec.affinity.nodeAffinity;
      return;
    }
    case "raise-max-skew": {
      const [, key] = / over (\S+)$/.exec(text)!;
      for (const each of spec.topologySpreadConstraints)
        if (each.topologyKey === key) each.maxSkew = amount!.to;
      return;
    }
    case "drop-spread-constraint": {
      const [, key] = / over (\S+)$/.exec(text)!;
      spec.topologySpreadConstraints = spec.topologySpreadConstraints.filter(
        (each: { topologyKey: string }) => each.topologyKey !== key,
      );
      return;
    }
    case "drop-affinity-term":
    case "drop-anti-affinity-term": {
      const side = kind === "drop-affinity-term" ? "podAffinity" : "podAntiAffinity";
      const [, app, key] = /app=(\w+) by (\S+)$/.exec(text)!;
      const rule = spec.affinity[side];
      const name = "requiredDuringSchedulingIgnoredDuringExecution";
      rule[name] = rule[name].filter(
        (term: { topologyKey: string; labelSelector: { matchLabels: { app: string } } }) =>
          term.topologyKey !== key || term.labelSelector.matchLabels.app !== app,
      );
      return;
    }
    case "drop-host-port": {
      const [, port] = /host port (\d+)/.exec(text)!;
      container.ports = container.ports.filter(
        (each: { hostPort: number }) => String(each.hostPort) !== port,
      );
      return;
    }
    case "drop-volume":
      for (const [, name] of text.matchAll(/volume (\S+?)(?: \(|,|$)/g))
        spec.volumes = spec.volumes.filter((each: { name: string }) => each.name !== name);
      return;
    default:
      throw new Error(`a pod cannot ${kind}`);
  }
}

function quantity(unit: string, amount: number): string {
  return unit === "milli" ? `${amount}m` : String(amount);
}
