// Which machines are lost, one variant after the other: any one node, any one zone, any k of a pool.
//
// All of them where they are few. Of many equal nodes only one of each class is tried (same pool or
// type, zone, resources and taints), the one with most on it; what was tried and how many ways there were is
// part of the answer.

import type { ApiObject, NodeObject, PodObject } from "../../cluster/index.ts";
import { NODE_POOL_LABEL } from "../assembly/node-pools.ts";
import type { LossQuestion } from "./plan-question.ts";
import { type Loss, NO_LOSS } from "./plan-world.ts";

/** Variants of one loss that are all run. */
export const LOSS_VARIANTS_MAX = 24;

const ZONE_LABEL = "topology.kubernetes.io/zone";
const TYPE_LABEL = "node.kubernetes.io/instance-type";

/** The variants of one loss. */
export interface LossVariants {
  readonly asked: string;
  readonly losses: readonly Loss[];
  /** How many ways there were. */
  readonly possibleCount: number;
}

/** Variants of every loss that was asked for, on this cluster. */
export function lossVariantsOf(
  objects: readonly ApiObject[],
  questions: readonly LossQuestion[],
): LossVariants[] {
  const nodes = objects.filter((object): object is NodeObject => object.kind === "Node");
  const pods = objects.filter((object): object is PodObject => object.kind === "Pod");
  const load = new Map<string, number>();
  for (const { nodeName, template } of pods)
    load.set(nodeName, (load.get(nodeName) ?? 0) + 1 + template.requests.milliCpu);
  return questions.map((question) =>
    question.of === "zone" ? zoneLosses(question, nodes) : nodeLosses(question, nodes, load),
  );
}

/** The losses to run, nothing lost first, each once. */
export function lossesOf(variants: readonly LossVariants[]): Loss[] {
  const byName = new Map([[NO_LOSS.name, NO_LOSS]]);
  for (const { losses } of variants) for (const loss of losses) byName.set(loss.name, loss);
  return [...byName.values()];
}

function zoneLosses({ asked, count }: LossQuestion, nodes: readonly NodeObject[]): LossVariants {
  const byZone = groupBy(nodes, ({ meta }) => meta.labels.get(ZONE_LABEL) ?? "");
  const zones = [...byZone.keys()].filter((zone) => zone !== "");
  const possibleCount = choices(zones.length, Math.min(count, zones.length));
  const losses = firstSubsets(zones, Math.min(count, zones.length), LOSS_VARIANTS_MAX).map(
    (lost): Loss => ({
      name: `${lost.length === 1 ? "zone" : "zones"} ${lost.join(", ")}`,
      nodes: lost.flatMap((zone) => byZone.get(zone)!.map(({ meta }) => meta.name)),
      zones: lost,
    }),
  );
  return { asked, losses: zones.length === 0 ? [] : losses, possibleCount };
}

function nodeLosses(
  { asked, of, pool, count }: LossQuestion,
  all: readonly NodeObject[],
  load: ReadonlyMap<string, number>,
): LossVariants {
  const nodes = of === "node" ? all : all.filter(({ meta }) => isOfPool(meta.labels, pool));
  const size = Math.min(count, nodes.length);
  const possibleCount = choices(nodes.length, size);
  if (size === 0) return { asked, losses: [], possibleCount: 0 };
  const names = nodes.map(({ meta }) => meta.name);
  const candidates =
    possibleCount <= LOSS_VARIANTS_MAX
      ? names
      : [...groupBy(nodes, classOf).values()].flatMap((members) =>
          heaviest(members, load).slice(0, size),
        );
  const losses = firstSubsets(candidates, size, LOSS_VARIANTS_MAX).map(
    (lost): Loss => ({
      name: `${lost.length === 1 ? "node" : "nodes"} ${lost.join(", ")}`,
      nodes: lost,
      zones: [],
    }),
  );
  return { asked, losses, possibleCount };
}

function isOfPool(labels: ReadonlyMap<string, string>, pool: string): boolean {
  return labels.get(NODE_POOL_LABEL) === pool || labels.get(TYPE_LABEL) === pool;
}

/** Nodes that nobody can tell apart but by what runs on them. */
function classOf({ meta, allocatableQuantities, taints }: NodeObject): string {
  const { labels } = meta;
  const amounts = [...allocatableQuantities].map(([name, amount]) => `${name}=${String(amount)}`);
  return [
    ...[labels.get(NODE_POOL_LABEL), labels.get(TYPE_LABEL), labels.get(ZONE_LABEL)],
    ...amounts,
    ...taints.map(({ key, value, effect }) => `${key}=${value}:${effect}`),
  ].join("\n");
}

function heaviest(nodes: readonly NodeObject[], load: ReadonlyMap<string, number>): string[] {
  const order = nodes.map(({ meta }, at) => ({ name: meta.name, at }));
  order.sort((a, b) => (load.get(b.name) ?? 0) - (load.get(a.name) ?? 0) || a.at - b.at);
  return order.map(({ name }) => name);
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Subsets of a size in lexicographic order of positions, the first so many. */
function firstSubsets(items: readonly string[], size: number, countMax: number): string[][] {
  const found: string[][] = [];
  const chosen: string[] = [];
  const extend = (from: number): void => {
    if (found.length >= countMax) return;
    if (chosen.length === size) {
      found.push([...chosen]);
      return;
    }
    for (let at = from; at < items.length; at++) {
      chosen.push(items[at]!);
      extend(at + 1);
      chosen.pop();
    }
  };
  if (size > 0) extend(0);
  return found;
}

/** Ways to choose so many of a number of things; stops counting at 10 ** 9. */
function choices(of: number, size: number): number {
  if (size > of || size === 0) return 0;
  let ways = 1;
  for (let k = 1; k <= size; k++) {
    ways = Math.round((ways * (of - size + k)) / k);
    if (ways > 1_000_000_000) return 1_000_000_000;
  }
  return ways;
}
