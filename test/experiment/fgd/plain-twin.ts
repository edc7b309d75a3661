// The FGD study in the plainest code: arrays, no plugins, nothing kept between decisions but the
// fragmentation of a state, by its text.
//
// Written from the description of the study alone; shares with the product only the arrival order.

import type { ArrivalOrder } from "../../../src/experiment/fgd/arrival-order.ts";

export interface TwinNode {
  readonly name: string;
  readonly model: string;
  cpu: number;
  memory: number;
  readonly gpus: number[];
  readonly classes: Set<string>;
}

export interface TwinPod {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
  readonly count: number;
  readonly milli: number;
  readonly spec: string;
}

interface Typical {
  readonly pod: TwinPod;
  readonly weight: number;
}

export function readTwin(
  nodeList: string,
  podList: string,
): { nodes: TwinNode[]; pods: TwinPod[] } {
  const rowsOf = (text: string): Map<string, string>[] => {
    const [header, ...lines] = text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(","));
    return lines.map((cells) => new Map(header!.map((name, at) => [name, cells[at] ?? ""])));
  };
  const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);
  const nodes = rowsOf(nodeList).map((row) => ({
    name: row.get("sn")!,
    model: row.get("model")!,
    cpu: Number(row.get("cpu_milli")),
    memory: Number(row.get("memory_mib")),
    gpus: new Array<number>(Number(row.get("gpu"))).fill(1000),
    classes: new Set<string>(),
  }));
  const pods = rowsOf(podList).map((row) => ({
    name: row.get("name")!,
    cpu: Number(row.get("cpu_milli")),
    memory: Number(row.get("memory_mib")),
    count: Number(row.get("num_gpu")),
    milli: Number(row.get("gpu_milli")),
    spec: row.get("gpu_spec") ?? "",
  }));
  return { nodes: nodes.sort(byName), pods: pods.sort(byName) };
}

export function typicalOf(pods: readonly TwinPod[]): Typical[] {
  const keyOf = (pod: TwinPod): string => [pod.cpu, pod.milli, pod.count, pod.spec].join("/");
  const groups = new Map<string, TwinPod[]>();
  for (const pod of pods) groups.set(keyOf(pod), [...(groups.get(keyOf(pod)) ?? []), pod]);
  const descending = (a: TwinPod, b: TwinPod): number =>
    b.cpu - a.cpu || b.milli - a.milli || b.count - a.count || (a.spec < b.spec ? 1 : -1);
  const sorted = [...groups.values()].sort(
    (a, b) => b.length - a.length || descending(a[0]!, b[0]!),
  );
  const kept: TwinPod[][] = [];
  let covered = 0;
  for (const group of sorted) {
    if (covered >= 0.95 * pods.length) break;
    kept.push(group);
    covered += group.length;
  }
  const share = kept.length === sorted.length ? 1 : covered / pods.length;
  return kept.map((group) => ({ pod: group[0]!, weight: group.length / pods.length / share }));
}

export function fragmentationOf(
  cpu: number,
  gpus: readonly number[],
  model: string,
  typical: readonly Typical[],
): number {
  const all = gpus.reduce((sum, left) => sum + left, 0);
  const sums = { both: 0, gpu: 0, cpu: 0, onlyFits: 0, onlyLacks: 0, model: 0 };
  for (const { pod, weight } of typical) {
    const hasCpu = cpu >= pod.cpu;
    const hasGpu = gpus.filter((left) => left >= pod.milli).length >= pod.count;
    if (pod.count === 0) sums[hasCpu ? "onlyFits" : "onlyLacks"] += weight * all;
    else if (pod.spec !== "" && !pod.spec.split("|").includes(model)) sums.model += weight * all;
    else if (hasGpu && hasCpu) {
      const small = gpus.filter((left) => left < pod.milli).reduce((sum, left) => sum + left, 0);
      sums.gpu += weight * small;
    } else if (hasGpu) sums.cpu += weight * all;
    else if (hasCpu) sums.gpu += weight * all;
    else sums.both += weight * all;
  }
  return sums.both + sums.gpu + sums.cpu + sums.onlyFits + sums.onlyLacks + sums.model;
}

/** What the twin's nodes look like after each arrival, and where each pod went. */
export interface TwinOutcome {
  readonly placements: string[];
  readonly allocatedMilli: number;
  readonly gpusByNode: Map<string, number[]>;
}

export function runTwin(
  nodeList: string,
  podList: string,
  policy: string,
  order: ArrivalOrder,
  arrivalsMax: number,
): TwinOutcome {
  const { nodes, pods } = readTwin(nodeList, podList);
  const typical = typicalOf(pods);
  const ranked = nodes
    .map((node, at) => ({ node, rank: order.nodeRanks[at]! }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ node }) => node);
  const placements: string[] = [];
  let allocatedMilli = 0;
  for (const place of order.arrivals.slice(0, arrivalsMax)) {
    const pod = pods[place]!;
    const feasible = ranked.filter((node) => fits(node, pod));
    let best: TwinNode | undefined;
    let bestScore = -1;
    const scores = scoresOf(policy, pod, feasible, typical);
    for (const [at, node] of feasible.entries()) {
      if (scores[at]! <= bestScore) continue;
      best = node;
      bestScore = scores[at]!;
    }
    placements.push(best?.name ?? "");
    if (best === undefined) continue;
    for (const device of devicesOf(policy, best, pod, typical)) best.gpus[device]! -= pod.milli;
    best.cpu -= pod.cpu;
    best.memory -= pod.memory;
    if (pod.count > 0) best.classes.add(classOf(pod));
    allocatedMilli += pod.count * pod.milli;
  }
  return {
    placements,
    allocatedMilli,
    gpusByNode: new Map(nodes.map(({ name, gpus }) => [name, gpus])),
  };
}

const isShare = (pod: TwinPod): boolean => pod.count === 1 && pod.milli < 1000;
const classOf = (pod: TwinPod): string => (isShare(pod) ? "share" : `${pod.count}`);

function fits(node: TwinNode, pod: TwinPod): boolean {
  if (node.cpu < pod.cpu || node.memory < pod.memory) return false;
  if (pod.count === 0) return true;
  if (pod.spec !== "" && !pod.spec.split("|").includes(node.model)) return false;
  if (pod.count === 1) return node.gpus.some((left) => left >= pod.milli);
  return node.gpus.reduce((slots, left) => slots + Math.floor(left / pod.milli), 0) >= pod.count;
}

function tightest(node: TwinNode, pod: TwinPod): number[] {
  return [...node.gpus.keys()]
    .filter((device) => node.gpus[device]! >= pod.milli)
    .sort((a, b) => node.gpus[a]! - node.gpus[b]! || a - b)
    .slice(0, pod.count);
}

const amounts = new WeakMap<readonly Typical[], Map<string, number>>();

function rememberedFragmentation(
  cpu: number,
  gpus: readonly number[],
  model: string,
  typical: readonly Typical[],
): number {
  const memo = amounts.get(typical) ?? new Map<string, number>();
  amounts.set(typical, memo);
  const key = `${cpu} ${gpus} ${model}`;
  const amount = memo.get(key) ?? fragmentationOf(cpu, gpus, model, typical);
  memo.set(key, amount);
  return amount;
}

function fgdScore(
  node: TwinNode,
  pod: TwinPod,
  devices: readonly number[],
  typical: readonly Typical[],
): number {
  const after = [...node.gpus];
  for (const device of devices) after[device]! -= pod.milli;
  const gain =
    rememberedFragmentation(node.cpu, node.gpus, node.model, typical) -
    rememberedFragmentation(node.cpu - pod.cpu, after, node.model, typical);
  return Math.trunc(100 / (1 + Math.exp(-gain / 1000)));
}

function devicesOf(
  policy: string,
  node: TwinNode,
  pod: TwinPod,
  typical: readonly Typical[],
): number[] {
  if (policy !== "fgd" || !isShare(pod)) return tightest(node, pod);
  const able = [...node.gpus.keys()].filter((device) => node.gpus[device]! >= pod.milli);
  const scores = able.map((device) => fgdScore(node, pod, [device], typical));
  return [able[scores.indexOf(Math.max(...scores))]!];
}

function scoresOf(
  policy: string,
  pod: TwinPod,
  nodes: readonly TwinNode[],
  typical: readonly Typical[],
): number[] {
  const total = pod.count * pod.milli;
  const free = (node: TwinNode): number => node.gpus.reduce((sum, left) => sum + left, 0);
  switch (policy) {
    case "fgd":
      return nodes.map((node) =>
        fgdScore(node, pod, devicesOf("fgd", node, pod, typical), typical),
      );
    case "bestfit": {
      const raw = nodes.map((node) => {
        const left = (0.5 * (node.cpu - pod.cpu)) / 128000 + (0.5 * (free(node) - total)) / 8000;
        return Math.trunc(100 * (1 - left));
      });
      const [low, high] = [Math.min(...raw), Math.max(...raw)];
      return raw.map((score) =>
        high === low ? 0 : Math.trunc(((score - low) * 100) / (high - low)),
      );
    }
    case "dotprod":
      return nodes.map((node) => {
        const cpu = (node.cpu / 128000) * (pod.cpu / 128000);
        return Math.trunc(100 * (1 - (cpu + (free(node) / 8000) * (total / 8000)) / 2));
      });
    case "gpupacking":
      return nodes.map((node) => (pod.count === 0 ? 0 : packing(node, pod)));
    case "gpuclustering":
      return nodes.map((node) => {
        if (pod.count === 0) return 0;
        const base = Math.trunc((25 * (8000 - free(node))) / 8000);
        if (node.classes.has(classOf(pod))) return base + (node.classes.size === 1 ? 75 : 50);
        return base + (node.classes.size === 0 ? 25 : 0);
      });
    default:
      throw new Error(`the twin does not know ${policy}`);
  }
}

function packing(node: TwinNode, pod: TwinPod): number {
  const idle = node.gpus.filter((left) => left === 1000).length;
  if (idle === node.gpus.length) return Math.max(33 - idle, idle);
  const taken = tightest(node, pod).map((device) => node.gpus[device]!);
  const idleTaken = taken.filter((left) => left === 1000).length;
  if (idleTaken > 0) return Math.max(50 - idleTaken, 33);
  const sum = taken.reduce((all, left) => all + Math.trunc((left * 100) / 1000), 0);
  return Math.max(100 - Math.trunc(sum / 10), 50);
}
