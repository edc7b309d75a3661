// The sizes of a cluster that a plan may choose: pools of the scenario, shapes to add, nodes to take away.
//
// Each becomes a list of node names in a stated order, so that a count says which nodes there are: the
// first so many of the list. Pools and added shapes are written out as node pools; nodes of a dump are
// kept in the order of their load, so that the emptiest go first.

import { type Duration, nearest } from "../../base/index.ts";
import type { NodeObject, PodObject } from "../../cluster/index.ts";
import { goesWithItsNode } from "../assembly/unplaced-pod.ts";
import { NODE_POOL_LABEL } from "../assembly/node-pools.ts";
import type { PreparedRun } from "../prepare-run.ts";
import { type NodePool, nodeNameOfPool, type Scenario } from "../scenario/scenario.ts";
import { builtInShapes } from "../shapes/built-in-shapes.ts";
import { SHAPE_PROVIDERS } from "../shapes/node-shape.ts";
import { poolNodeOf } from "../shapes/pool-shape.ts";
import { ShapeRates } from "../shapes/shape-rates.ts";
import type { PlanQuestion } from "./plan-question.ts";

/** One size. */
export interface PlanLever {
  readonly name: string;
  readonly kind: "pool" | "added" | "group";
  /** Nodes as the cluster is given. */
  readonly givenCount: number;
  readonly min: number;
  readonly max: number;
  readonly pricePerHourMicros: number | null;
  /** The pool that the nodes are of; undefined for nodes of a dump. */
  readonly pool: NodePool | undefined;
  /** Nodes of a dump, those that stay longest first; empty for pools. */
  readonly names: readonly string[];
}

/** The levers, or why there are none. */
export type LeversReading =
  | { readonly levers: readonly PlanLever[]; readonly problem?: undefined }
  | { readonly problem: string };

/** Label of a node with the type of its machine. */
const TYPE_LABEL = "node.kubernetes.io/instance-type";
const ZONE_LABEL = "topology.kubernetes.io/zone";
const REGION_LABEL = "topology.kubernetes.io/region";

/**
 * Works out what may change. `base` is the cluster as it is given, `blocked` the nodes that must stay
 * whatever the count, such as those that a budget keeps from being drained.
 */
export function readLevers(
  question: PlanQuestion,
  scenario: Scenario,
  base: PreparedRun,
  blocked: ReadonlySet<string>,
): LeversReading {
  return new LeverReader(question, scenario, base, blocked).read();
}

class LeverReader {
  private readonly question: PlanQuestion;
  private readonly scenario: Scenario;
  private readonly rates: ShapeRates;
  private readonly nodes: readonly NodeObject[];
  private readonly pods: readonly PodObject[];
  /** Nodes that faults and edits name: a plan does not take them away. */
  private readonly named: ReadonlySet<string>;
  private readonly blockedNames: ReadonlySet<string>;

  constructor(
    question: PlanQuestion,
    scenario: Scenario,
    base: PreparedRun,
    blocked: ReadonlySet<string>,
  ) {
    this.question = question;
    this.blockedNames = blocked;
    this.scenario = scenario;
    this.rates = new ShapeRates(scenario);
    const { initial } = base.cluster;
    this.nodes = initial.filter((object): object is NodeObject => object.kind === "Node");
    this.pods = initial.filter((object): object is PodObject => object.kind === "Pod");
    const users = [...scenario.faults, ...scenario.workload.edits];
    this.named = new Set(
      users.flatMap((one) => ("node" in one && one.node !== undefined ? [one.node] : [])),
    );
  }

  read(): LeversReading {
    const { add, remove, pools } = this.question;
    const levers: PlanLever[] = [];
    for (const name of remove) {
      const lever = this.removal(name);
      if (typeof lever === "string") return { problem: lever };
      levers.push(lever);
    }
    for (const name of add) {
      const lever = this.addition(name);
      if (typeof lever === "string") return { problem: lever };
      levers.push(lever);
    }
    if (pools.length > 0 || (add.length === 0 && remove.length === 0)) {
      const chosen = this.chosenPools();
      if (typeof chosen === "string") return { problem: chosen };
      for (const pool of chosen) levers.push(this.poolLever(pool, 0, undefined));
    }
    const names = levers.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) < at);
    if (twice !== undefined) return { problem: `'${twice}' is named twice` };
    const priced = levers.filter(({ pricePerHourMicros }) => pricePerHourMicros !== null);
    const unpriced = levers.find(({ pricePerHourMicros }) => pricePerHourMicros === null);
    if (levers.length > 1 && priced.length > 0 && unpriced !== undefined)
      return {
        problem: `${unpriced.name} has no price, ${priced[0]!.name} has one: the cheapest mix needs all (pricePerHour of the pool, prices: of the scenario, or --prices FILE)`,
      };
    return { levers };
  }

  private chosenPools(): readonly NodePool[] | string {
    const { nodePools } = this.scenario.cluster;
    const { pools } = this.question;
    const known = nodePools.map(({ name }) => name);
    const unknown = pools.find((name) => !known.includes(name));
    if (unknown !== undefined) return unknownName("node pool", unknown, known);
    return pools.length === 0 ? nodePools : nodePools.filter(({ name }) => pools.includes(name));
  }

  private poolLever(pool: NodePool, min: number, max: number | undefined): PlanLever {
    const named = Array.from({ length: pool.count }, (_, at) => at).filter((at) =>
      this.named.has(nodeNameOfPool(pool, at)),
    );
    const most = this.question.countMax ?? Math.max(100, 10 * pool.count);
    return {
      ...{ name: pool.name, kind: "pool", givenCount: pool.count, pool, names: [] },
      min: Math.max(min, (named.at(-1) ?? -1) + 1),
      max: max ?? Math.max(most, min),
      pricePerHourMicros: this.priceOf(pool),
    };
  }

  private priceOf(pool: NodePool): number | null {
    const labels = new Map([...pool.labels, [NODE_POOL_LABEL, pool.name]]);
    return this.rates.ofLabels(labels, NODE_POOL_LABEL).pricePerHourMicros ?? null;
  }

  private removal(name: string): PlanLever | string {
    const pool = this.scenario.cluster.nodePools.find((one) => one.name === name);
    if (pool !== undefined) return this.poolLever(pool, 0, pool.count);
    const nodes = this.nodes.filter((node) => isOfGroup(node, name));
    if (nodes.length === 0) {
      const pools = this.scenario.cluster.nodePools.map((one) => one.name);
      return unknownName("pool or shape of nodes", name, [...pools, ...this.groupNames()]);
    }
    const load = this.loadByNode();
    const order = nodes.map((node, at) => ({ name: node.meta.name, at }));
    // Heaviest first, so that the last of the list, which goes first, is the emptiest.
    order.sort((a, b) => (load.get(b.name) ?? 0) - (load.get(a.name) ?? 0) || a.at - b.at);
    const blocked = order.filter(
      (one) => this.blockedNames.has(one.name) || this.named.has(one.name),
    );
    const rest = order.filter((one) => !blocked.includes(one));
    return {
      ...{ name, kind: "group", givenCount: nodes.length, min: blocked.length, max: nodes.length },
      names: [...blocked, ...rest].map((one) => one.name),
      pool: undefined,
      pricePerHourMicros:
        this.rates.ofLabels(nodes[0]!.meta.labels, NODE_POOL_LABEL).pricePerHourMicros ?? null,
    };
  }

  private addition(name: string): PlanLever | string {
    const given = this.scenario.cluster.nodePools.find((pool) => pool.name === name);
    if (given !== undefined) return this.poolLever(given, given.count, undefined);
    const like = this.nodes.find((node) => isOfGroup(node, name));
    const pool = like === undefined ? this.shapePool(name) : this.poolLike(name, like);
    if (pool === undefined) {
      const shapes = SHAPE_PROVIDERS.flatMap((provider) => builtInShapes(provider));
      const known = [...this.groupNames(), ...shapes.map((shape) => shape.name)];
      const close = nearest(name, known);
      return `podsim knows no shape '${name}'${close === undefined ? "" : `, did you mean ${close}?`} (podsim shapes lists them; a node pool or a type of the input's nodes does too)`;
    }
    return { ...this.poolLever(pool, 0, undefined), kind: "added", name };
  }

  /** Nodes like one of the dump's: same resources, labels and taints, in all zones of the cluster. */
  private poolLike(name: string, node: NodeObject): NodePool {
    const own = new Set([ZONE_LABEL, "kubernetes.io/hostname", NODE_POOL_LABEL]);
    const labels = [...node.meta.labels].filter(([key]) => !own.has(key));
    const texts = (amounts: NodeObject["allocatableQuantities"]): Map<string, string> =>
      new Map([...amounts].map(([resource, amount]) => [resource, amount.toString()]));
    return {
      ...this.emptyPool(name),
      allocatable: texts(node.allocatableQuantities),
      capacity: texts(node.capacityQuantities),
      labels: new Map(labels),
      taints: node.taints.map(({ key, value, effect }) => ({ key, value, effect })),
    };
  }

  private shapePool(name: string): NodePool | undefined {
    const provider = SHAPE_PROVIDERS.find((one) =>
      builtInShapes(one).some((shape) => shape.name === name),
    );
    if (provider === undefined) return undefined;
    const node = poolNodeOf({
      ...{ provider, type: name, cores: undefined, memory: undefined, maxPods: undefined },
    });
    return { ...this.emptyPool(name), ...node };
  }

  private emptyPool(shape: string): NodePool {
    const zones = new Set(this.nodes.flatMap((node) => node.meta.labels.get(ZONE_LABEL) ?? []));
    const region = this.nodes[0]?.meta.labels.get(REGION_LABEL);
    return {
      ...{ name: `added-${shape.toLowerCase().replaceAll(/[^a-z0-9.-]/g, "-")}`, count: 0, region },
      ...{ zones: [...zones], allocatable: new Map(), capacity: new Map(), labels: new Map() },
      ...{ annotations: new Map(), taints: [], images: [], startAge: 0 as Duration },
      pricePerHourMicros: this.rates.of({ pool: undefined, type: shape }).pricePerHourMicros,
      ...{ power: undefined, path: [] },
    };
  }

  private groupNames(): string[] {
    return [...new Set(this.nodes.flatMap((node) => node.meta.labels.get(TYPE_LABEL) ?? []))];
  }

  /** Requested cpu of each node's pods that would have to move, in thousandths of a core. */
  private loadByNode(): Map<string, number> {
    const load = new Map<string, number>();
    for (const pod of this.pods) {
      if (pod.nodeName === "" || goesWithItsNode(pod)) continue;
      const milliCpu = pod.template.requests.milliCpu;
      load.set(pod.nodeName, (load.get(pod.nodeName) ?? 0) + milliCpu + 1);
    }
    return load;
  }
}

/** Names of the nodes of a dump that belong to one of these groups; nodes of pools are none. */
export function nodesOfGroups(base: PreparedRun, groups: readonly string[]): Set<string> {
  const pools = new Set(base.scenario.cluster.nodePools.map(({ name }) => name));
  const names = new Set<string>();
  for (const object of base.cluster.initial) {
    if (object.kind !== "Node") continue;
    const isAsked = groups.some((group) => !pools.has(group) && isOfGroup(object, group));
    if (isAsked) names.add(object.meta.name);
  }
  return names;
}

function isOfGroup({ meta }: NodeObject, name: string): boolean {
  return meta.labels.get(TYPE_LABEL) === name || meta.labels.get(NODE_POOL_LABEL) === name;
}

function unknownName(what: string, name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  const shown = [...new Set(known)].slice(0, 10).join(", ");
  const hint = close === undefined ? "" : `, did you mean '${close}'?`;
  return `there is no ${what} '${name}'${hint}${shown === "" ? "" : ` (there are ${shown})`}`;
}
