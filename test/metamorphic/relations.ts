// The metamorphic relations of scheduling: a change of the input, and what must stay the same.
//
// Each states its precondition as the kind of world it is used on, and carries a fault that it must
// notice: a scheduler that lets decisions hang on what must not matter, or the same change outside the
// precondition. Numbers are those of the project's catalogue of relations.

import type { RunScheduler } from "../../src/experiment/index.ts";
import { createDefaultRegistry, definePlugin } from "../../src/scheduler/index.ts";
import { registryEntryOf } from "../../src/scheduler/strategy/plugin-adapter.ts";
import { configurationOf } from "../scheduler/configuration.ts";
import { linesOf, type Mutation, mutantScheduler, type Reading, run, type Trace } from "./trace.ts";
import type { Json, World, WorldNode, WorldOptions, WorldPod } from "./world.ts";

export interface Relation {
  readonly id: string;
  readonly what: string;
  /** The worlds in which the relation holds. */
  readonly worlds: WorldOptions;
  /** Brings a random world into the precondition where the options cannot. */
  readonly prepare?: (world: World) => World;
  readonly change: (world: World) => World;
  /** Runs the changed world; default: as any other. */
  readonly runChanged?: (changed: World, scheduler?: RunScheduler) => Trace;
  /** How each side is read before they are compared; default: everything as it is. */
  readonly readBase?: (world: World) => Reading;
  readonly readChanged?: (world: World) => Reading;
  /** Instead of comparing lines. */
  readonly compare?: (base: Trace, changed: Trace) => readonly [unknown, unknown];
  /** A fault in the choice of nodes that this relation must notice. */
  readonly mutation?: Mutation;
  /** Or: the same relation with a change that is not allowed. */
  readonly broken?: Partial<Relation>;
}

// --- Renaming ------------------------------------------------------------------------------------

/** Names whose alphabetical order is another one than that of the list. */
function scrambled(name: string): string {
  let hash = 7;
  for (const letter of name) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return `${"zyxwvutsrq"[hash % 10]}${hash.toString(36)}-${name.length}`;
}

function renameNodes(world: World): World {
  return {
    ...world,
    nodes: world.nodes.map((node) => ({ ...node, name: scrambled(node.name) })),
    cordons: world.cordons.map((each) => ({ ...each, node: scrambled(each.node) })),
  };
}

const WORDS: Readonly<Record<string, string>> = {
  app: "role",
  web: "zz-top",
  db: "aa-low",
  cache: "mm",
  tier: "level",
  a: "one",
  b: "two",
  disk: "drive",
  ssd: "fast",
  hdd: "slow",
  only: "reserved",
  zone: "rack",
  za: "r9",
  zb: "r5",
  zc: "r1",
};

function renamed<T>(value: T): T {
  if (typeof value === "string") return (WORDS[value] ?? value) as T;
  if (Array.isArray(value)) return value.map(renamed) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [WORDS[key] ?? key, renamed(inner)]);
  return Object.fromEntries(entries) as T;
}

function renamePods(world: World): World {
  return {
    ...world,
    namespace: "elsewhere",
    pods: world.pods.map((pod) => ({
      ...pod,
      name: scrambled(pod.name),
      labels: renamed(pod.labels),
      spec: renamed(pod.spec),
    })),
    deletions: world.deletions.map((each) => ({ ...each, pod: scrambled(each.pod) })),
  };
}

/** Labels, their values and taints of nodes; the zone label is a field of its own. */
function renameNodeLabels(node: WorldNode): WorldNode {
  const labels = { ...renamed(node.labels), rack: WORDS[node.zone] ?? node.zone };
  return { ...node, zone: "", labels, taints: node.taints.map(renamed) };
}

// --- Times and sizes -----------------------------------------------------------------------------

function withTimes(world: World, map: (ms: number) => number, factor = 1): World {
  return {
    ...world,
    pods: world.pods.map((pod) => ({
      ...pod,
      atMs: map(pod.atMs),
      runMs: pod.runMs === undefined ? undefined : pod.runMs * factor,
      graceSeconds: pod.graceSeconds * factor,
    })),
    crashes: world.crashes.map((each) => ({ ...each, atMs: map(each.atMs) })),
    deletions: world.deletions.map((each) => ({ ...each, atMs: map(each.atMs) })),
    cordons: world.cordons.map(({ node, atMs, untilMs }) => ({
      node,
      atMs: map(atMs),
      untilMs: map(untilMs),
    })),
    horizonMs: map(world.horizonMs),
  };
}

function withSizes(world: World, factor: number): World {
  const larger = <T extends WorldNode | WorldPod>(each: T): T => ({
    ...each,
    milliCpu: each.milliCpu * factor,
    memoryMi: each.memoryMi * factor,
  });
  return { ...world, nodes: world.nodes.map(larger), pods: world.pods.map(larger) };
}

const SHIFT_MS = 600_000;
const STRETCH = 3;

// --- Configurations ------------------------------------------------------------------------------

function configured(profile: Json, more: Json = {}, constant?: number): RunScheduler {
  const registry = createDefaultRegistry();
  if (constant !== undefined) {
    const score = (_pod: unknown, node: { readonly name: string }): number =>
      constant >= 0 ? constant : node.name.length + Number(node.name.split("-")[1]);
    registry.register(registryEntryOf(definePlugin({ name: "Constant", score })));
  }
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    ...more,
    profiles: [profile],
  };
  return { name: "configured", configuration: configurationOf(value, registry), registry };
}

const DEFAULT_WEIGHTS: Readonly<Record<string, number>> = {
  TaintToleration: 3,
  NodeAffinity: 2,
  NodeResourcesFit: 1,
  VolumeBinding: 1,
  PodTopologySpread: 2,
  InterPodAffinity: 2,
  DynamicResources: 2,
  NodeResourcesBalancedAllocation: 1,
  ImageLocality: 1,
};

function weighted(factor: number, constant: number): RunScheduler {
  const enabled = Object.entries(DEFAULT_WEIGHTS).map(([name, weight]) => ({
    name,
    weight: weight * factor,
  }));
  const multiPoint = { enabled: [...enabled, { name: "Constant", weight: 5 }] };
  return configured({ plugins: { multiPoint } }, {}, constant);
}

function without(...names: readonly string[]): RunScheduler {
  const multiPoint = { disabled: names.map((name) => ({ name })) };
  return configured({ plugins: { multiPoint } });
}

// --- Worlds within a precondition ----------------------------------------------------------------

/** Hard spread over hosts would count a node that nobody may use as a domain. */
function spreadOverZonesOnly(world: World): World {
  const pods = world.pods.map((pod) => {
    const constraints = pod.spec["topologySpreadConstraints"] as readonly Json[] | undefined;
    if (constraints === undefined) return pod;
    const zoned = constraints.map((each) => ({ ...each, topologyKey: "zone" }));
    return { ...pod, spec: { ...pod.spec, topologySpreadConstraints: zoned } };
  });
  return { ...world, pods };
}

function withPod(world: World, pod: WorldPod): World {
  return { ...world, pods: [...world.pods, pod].sort((a, b) => a.atMs - b.atMs) };
}

const PLAIN: WorldPod = {
  name: "extra",
  atMs: 20_000,
  milliCpu: 300,
  memoryMi: 256,
  priority: 0,
  labels: { app: "web" },
  runMs: undefined,
  graceSeconds: 0,
  spec: {},
};

/** A pod that no node can ever take. */
function hopeless(seed: number): WorldPod {
  const spec = [
    {},
    { nodeSelector: { disk: "none" } },
    {
      affinity: {
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { topologyKey: "zone", labelSelector: { matchLabels: { app: "nobody" } } },
          ],
        },
      },
    },
  ][seed % 3]!;
  const milliCpu = seed % 3 === 0 ? 100_000 : 100;
  return {
    ...PLAIN,
    atMs: 1_000 + ((seed * 7_919) % 40_000),
    milliCpu,
    labels: { app: "lonely" },
    spec: { ...spec, priorityClassName: "lowest" },
  };
}

const LOWEST_CLASS: Json = {
  apiVersion: "scheduling.k8s.io/v1",
  kind: "PriorityClass",
  metadata: { name: "lowest" },
  value: -10,
};

/** Nothing ever leaves and nobody is evicted, so that parts do not wake each other. */
function withoutDepartures(world: World): World {
  const pods = world.pods.map((pod) => ({ ...pod, runMs: undefined }));
  return { ...world, pods, deletions: [] };
}

/** The world under other names, labels and zones, bound to its own nodes. */
function partOf(world: World, part: string): World {
  const tagged = <T>(value: T): T => {
    if (typeof value === "string") {
      return value.replace(/^[ab]?(web|db|cache)$/, (_whole, app) => `${part}${app}`) as T;
    }
    if (Array.isArray(value)) return value.map(tagged) as T;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, tagged(inner)]),
    ) as T;
  };
  return {
    ...world,
    nodes: world.nodes.map((node) => ({
      ...node,
      name: `${part}-${node.name}`,
      zone: `${part}${node.zone}`,
      labels: { ...node.labels, part },
    })),
    cordons: world.cordons.map((each) => ({ ...each, node: `${part}-${each.node}` })),
    pods: world.pods.map((pod) => ({
      ...pod,
      name: `${part}-${pod.name}`,
      labels: tagged(pod.labels),
      spec: {
        ...tagged(pod.spec),
        nodeSelector: { ...(pod.spec["nodeSelector"] as Json | undefined), part },
      },
    })),
  };
}

const UNUSED: readonly Json[] = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "empty" } },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "nobody", namespace: "default" },
    spec: { selector: { app: "nobody" } },
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "nobody", namespace: "default" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "nobody" } } },
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: "unused" },
    provisioner: "csi.example.com",
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "unused" },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "10Gi" },
      csi: { driver: "csi.example.com", volumeHandle: "h" },
    },
  },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "unused" },
    value: 12_345,
  },
];

/** A budget over all pods that asks for nothing, as its controller would report it. */
const EASY_BUDGET: Json = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: "easy", namespace: "default" },
  spec: { minAvailable: 0, selector: { matchExpressions: [{ key: "app", operator: "Exists" }] } },
  status: { disruptionsAllowed: 1_000 },
};

function withWideSpread(world: World, maxSkew: number): World {
  const constraint = {
    maxSkew,
    topologyKey: "zone",
    whenUnsatisfiable: "DoNotSchedule",
    labelSelector: { matchExpressions: [{ key: "app", operator: "Exists" }] },
  };
  const pods = world.pods.map((pod) => {
    const own = (pod.spec["topologySpreadConstraints"] as readonly Json[] | undefined) ?? [];
    if (own.length > 0) return pod;
    return { ...pod, spec: { ...pod.spec, topologySpreadConstraints: [constraint] } };
  });
  return { ...world, pods, objects: [...world.objects, EASY_BUDGET] };
}

function selectorsAsAffinity(world: World): World {
  const pods = world.pods.map((pod) => {
    const { nodeSelector, affinity, ...spec } = pod.spec;
    if (nodeSelector === undefined) return pod;
    const matchExpressions = Object.entries(nodeSelector as Record<string, string>).map(
      ([key, value]) => ({ key, operator: "In", values: [value] }),
    );
    const given = (affinity ?? {}) as Record<string, Json>;
    const nodeAffinity = {
      ...given["nodeAffinity"],
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions }],
      },
    };
    return { ...pod, spec: { ...spec, affinity: { ...given, nodeAffinity } } };
  });
  return { ...world, pods };
}

function taintedForAll(world: World, tolerate = true): World {
  const taint = { key: "all", value: "", effect: "NoSchedule" };
  const toleration = { key: "all", operator: "Exists" };
  return {
    ...world,
    nodes: world.nodes.map((node) => ({ ...node, taints: [...node.taints, taint] })),
    pods: world.pods.map((pod) => {
      const own = (pod.spec["tolerations"] as readonly Json[] | undefined) ?? [];
      const isAble = tolerate || pod.name.length % 2 === 0;
      return isAble ? { ...pod, spec: { ...pod.spec, tolerations: [...own, toleration] } } : pod;
    }),
  };
}

// --- Readings ------------------------------------------------------------------------------------

const scrambledNames = (names: readonly string[]): ((name: string) => string) => {
  const original = new Map(names.map((name) => [scrambled(name), name]));
  return (name) => original.get(name) ?? name;
};
const QUIET: Reading = { withMessages: false };
/** An object goes at its kubelet's tick, whose phase is drawn by the node's name. */
const UNTIL_REMOVAL: Reading = { withRemovals: false };

/** Per node what ran there and when; the node's own name left out. */
function historiesOf(trace: Trace): string[] {
  const byNode = new Map<string, string[]>();
  for (const { node, name, boundUs, finishedUs } of trace.pods) {
    const history = byNode.get(node) ?? [];
    history.push(`${name} ${boundUs} ${finishedUs}`);
    byNode.set(node, history);
  }
  byNode.delete("");
  return [...byNode.values()].map((history) => history.sort().join("; ")).sort();
}

// --- The table -----------------------------------------------------------------------------------

const byNodeName: Mutation = (feasible) => feasible.indexOf([...feasible].sort()[0]!);
const byPodName: Mutation = (_feasible, { pod }) => pod.charCodeAt(pod.length - 1) + pod.length;

export const RELATIONS: readonly Relation[] = [
  {
    id: "MR1",
    what: "nodes under other names, in the same order (no crashes: leases are drawn by node name)",
    worlds: {},
    change: renameNodes,
    readBase: () => UNTIL_REMOVAL,
    readChanged: ({ nodes }) => ({
      ...UNTIL_REMOVAL,
      node: scrambledNames(nodes.map(({ name }) => name)),
    }),
    mutation: byNodeName,
  },
  {
    id: "MR2",
    what: "pods, namespace and labels under other names",
    worlds: { crashes: true },
    change: (world) => {
      const { nodes, ...rest } = renamePods(world);
      return { ...rest, nodes: nodes.map(renameNodeLabels) };
    },
    readChanged: ({ pods }) => ({ pod: scrambledNames(pods.map(({ name }) => name)) }),
    mutation: byPodName,
  },
  {
    id: "MR3",
    what: "identical nodes in another order",
    worlds: { equalNodes: true },
    change: (world) => ({ ...world, nodes: [...world.nodes.slice(1), world.nodes[0]!] }),
    compare: (base, changed) => [
      [historiesOf(base), linesOf(base, { ...UNTIL_REMOVAL, node: () => "*" })],
      [historiesOf(changed), linesOf(changed, { ...UNTIL_REMOVAL, node: () => "*" })],
    ],
    mutation: (_feasible, { allNodes, attemptCount }) => allNodes.indexOf("n-0") * attemptCount,
  },
  {
    id: "MR4",
    what: "every request and capacity times 3 (all pods ask for cpu and memory)",
    worlds: { crashes: true },
    change: (world) => withSizes(world, 3),
    mutation: (_feasible, { world }) => Math.floor(world.nodes[0]!.milliCpu / 1_024),
  },
  {
    id: "MR5",
    what: "every time and delay times 3 (whole seconds, no latencies, within five minutes)",
    worlds: { preset: "instant", gridMs: 1_000 },
    change: (world) => withTimes(world, (ms) => ms * STRETCH, STRETCH),
    runChanged: (changed, scheduler) =>
      run(
        changed,
        scheduler ??
          configured({}, { podInitialBackoffSeconds: STRETCH, podMaxBackoffSeconds: 10 * STRETCH }),
      ),
    readBase: () => ({ us: (us) => us * STRETCH }),
    mutation: (_feasible, { nowUs }) => Math.floor(nowUs / 2_000_000),
  },
  {
    id: "MR6",
    what: "everything ten minutes later (no crashes: the monitor's passes are on a grid of their own)",
    worlds: {},
    change: (world) => withTimes(world, (ms) => ms + SHIFT_MS),
    readBase: () => ({ us: (us) => us + SHIFT_MS * 1_000 }),
    mutation: (_feasible, { nowUs }) => (nowUs > SHIFT_MS * 1_000 ? 1 : 0),
  },
  {
    id: "MR7",
    what: "one more node that nobody may use (outside all zones, no hard spread over hosts)",
    worlds: {},
    prepare: spreadOverZonesOnly,
    change: (world) => ({
      ...world,
      nodes: [
        ...world.nodes,
        {
          name: "forbidden",
          zone: "",
          milliCpu: 9_000,
          memoryMi: 9_000,
          pods: 99,
          labels: {},
          taints: [{ key: "nobody", value: "", effect: "NoSchedule" }],
        },
      ],
    }),
    readBase: () => QUIET,
    readChanged: () => QUIET,
    mutation: (_feasible, { allNodes }) => allNodes.length,
  },
  {
    id: "MR8",
    what: "one more pod after the horizon",
    worlds: { crashes: true },
    change: (world) => withPod(world, { ...PLAIN, atMs: world.horizonMs + 1_000 }),
    mutation: (_feasible, { world }) => world.pods.length,
  },
  {
    id: "MR9",
    what: "a longer horizon: the old run is its beginning",
    worlds: { crashes: true },
    change: (world) => ({ ...world, horizonMs: world.horizonMs + 60_000 }),
    readBase: ({ horizonMs }) => ({ untilUs: horizonMs * 1_000 }),
    readChanged: ({ horizonMs }) => ({ untilUs: horizonMs * 1_000 }),
    mutation: (_feasible, { world }) => (world.horizonMs > 100_000 ? 1 : 0),
  },
  {
    id: "MR10",
    what: "without a pod of lowest priority that is never placed (decisions take no time)",
    worlds: { preset: "instant" },
    prepare: (world) =>
      withPod({ ...world, objects: [...world.objects, LOWEST_CLASS] }, hopeless(world.seed)),
    change: (world) => ({ ...world, pods: world.pods.filter(({ name }) => name !== "extra") }),
    readBase: () => ({ keeps: (pod) => pod !== "extra" }),
    mutation: (_feasible, { attemptCount }) => attemptCount,
  },
  {
    id: "MR11",
    what: "beside a second cluster with disjoint selectors (nothing departs, decisions take no time)",
    worlds: { preset: "instant", priorities: false },
    prepare: (world) => partOf(withoutDepartures(world), "a"),
    change: (world) => {
      const other = partOf({ ...world, pods: world.pods.slice(0, 9) }, "b");
      const pods = [...world.pods, ...other.pods].sort((a, b) => a.atMs - b.atMs);
      const cordons = [...world.cordons, ...other.cordons];
      return { ...world, nodes: [...world.nodes, ...other.nodes], pods, cordons };
    },
    readBase: () => QUIET,
    readChanged: () => ({ ...QUIET, keeps: (pod) => pod.startsWith("a-") }),
    mutation: (_feasible, { allNodes, attemptCount }) => allNodes.length + attemptCount,
  },
  {
    id: "MR17",
    what: "invariants tested from scratch or not at all",
    worlds: { crashes: true },
    change: (world) => world,
    runChanged: (changed, scheduler) => run(changed, scheduler, { check: "deep" }),
    compare: (base, changed) => [
      [linesOf(base), JSON.stringify(base.result)],
      [linesOf(changed), JSON.stringify(changed.result)],
    ],
    broken: {
      runChanged: (changed) =>
        run(
          changed,
          mutantScheduler((feasible) => feasible.length - 1, changed),
        ),
    },
  },
  {
    id: "MR18",
    what: "all weights times 3 and a score that is the same everywhere",
    worlds: {},
    change: (world) => world,
    runChanged: (changed) => run(changed, weighted(3, 40)),
    broken: { runChanged: (changed) => run(changed, weighted(3, -1)) },
  },
  {
    id: "MR19",
    what: "without the filters that find nothing to look at (no ports, no volumes, no taints)",
    worlds: { ports: false, taints: false },
    change: (world) => world,
    runChanged: (changed) =>
      run(
        changed,
        without(
          "NodePorts",
          "VolumeRestrictions",
          "NodeVolumeLimits",
          "VolumeBinding",
          "VolumeZone",
          "NodeDeclaredFeatures",
          "NodeName",
        ),
      ),
    broken: { runChanged: (changed) => run(changed, without("NodeResourcesFit")) },
  },
  {
    id: "MR20",
    what: "node selectors written as affinity",
    worlds: {},
    change: selectorsAsAffinity,
    broken: {
      change: (world) => ({
        ...world,
        pods: world.pods.map(({ spec: { nodeSelector: _gone, ...spec }, ...pod }) => ({
          ...pod,
          spec,
        })),
      }),
    },
  },
  {
    id: "MR20",
    what: "a taint on all nodes that all pods tolerate",
    worlds: {},
    change: (world) => taintedForAll(world),
    broken: { change: (world) => taintedForAll(world, false) },
  },
  {
    id: "MR27",
    what: "crashes that happen after the end",
    worlds: {},
    change: (world) => ({
      ...world,
      crashes: [{ node: "n-0", atMs: world.horizonMs + 1_000, repairMs: 1_000 }],
    }),
    broken: {
      change: (world) => ({
        ...world,
        crashes: [{ node: "n-0", atMs: 3_000, repairMs: 1_000 }],
      }),
    },
  },
  {
    id: "MR28",
    what: "preemption off, with all priorities equal (no latencies: its texts are shorter)",
    worlds: { preset: "instant", priorities: false },
    change: (world) => world,
    runChanged: (changed) => run(changed, without("DefaultPreemption")),
    readBase: () => QUIET,
    readChanged: () => QUIET,
    broken: { worlds: { preset: "instant" } },
  },
  {
    id: "MR29",
    what: "a spread wider than the pods are many, and a budget that asks for nothing",
    worlds: {},
    change: (world) => withWideSpread(world, 100),
    broken: { change: (world) => withWideSpread(world, 1) },
  },
  {
    id: "MR33",
    what: "two equal pods that come together, swapped",
    worlds: { crashes: true },
    prepare: (world) =>
      withPod(withPod(world, { ...PLAIN, name: "twin-x" }), { ...PLAIN, name: "twin-y" }),
    change: (world) => {
      const names: Record<string, string> = { "twin-x": "twin-y", "twin-y": "twin-x" };
      const pods = world.pods.map((pod) => ({ ...pod, name: names[pod.name] ?? pod.name }));
      return { ...world, pods };
    },
    readChanged: () => ({
      pod: (name) => (name === "twin-x" ? "twin-y" : name === "twin-y" ? "twin-x" : name),
    }),
    mutation: byPodName,
  },
  {
    id: "MR37",
    what: "every name of nodes and pods made unreadable",
    worlds: {},
    change: (world) => renameNodes(renamePods({ ...world, namespace: world.namespace })),
    prepare: (world) => ({
      ...world,
      nodes: world.nodes.map((node) => ({ ...node, labels: {} })),
      pods: world.pods.map((pod) => ({ ...pod, labels: {}, spec: {} })),
    }),
    readBase: () => UNTIL_REMOVAL,
    readChanged: ({ nodes, pods }) => ({
      ...UNTIL_REMOVAL,
      node: scrambledNames(nodes.map(({ name }) => name)),
      pod: scrambledNames(pods.map(({ name }) => name)),
    }),
    mutation: (feasible, facts) => byNodeName(feasible, facts) + byPodName(feasible, facts),
  },
  {
    id: "MR39",
    what: "without objects that nobody uses",
    worlds: { crashes: true },
    prepare: (world) => ({ ...world, objects: UNUSED }),
    change: (world) => ({ ...world, objects: [] }),
    mutation: (_feasible, { world }) => world.objects.length,
  },
];
