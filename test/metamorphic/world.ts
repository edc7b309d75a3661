// Small random worlds for metamorphic relations: nodes, pods over time and crashes as plain values
// that a relation can transform, and their rendering as a scenario.
//
// Every world mixes what the default profile looks at: requests, labels, node selectors, (anti-)
// affinity, spread, taints, ports, priorities with preemption, lifetimes and, if asked for, crashes.
// Nothing in it is drawn by podsim itself (fixed lifetimes, fixed phases), so names carry no chance.

export type Json = Readonly<Record<string, unknown>>;

export interface WorldNode {
  readonly name: string;
  readonly zone: string;
  readonly milliCpu: number;
  readonly memoryMi: number;
  readonly pods: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly { key: string; value: string; effect: string }[];
}

export interface WorldPod {
  readonly name: string;
  readonly atMs: number;
  readonly milliCpu: number;
  readonly memoryMi: number;
  /** 0 to 3; the class is `p<priority>`. */
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
  /** undefined: runs for ever. */
  readonly runMs: number | undefined;
  readonly graceSeconds: number;
  /** Further fields of the pod's spec. */
  readonly spec: Json;
}

export interface World {
  readonly seed: number;
  readonly namespace: string;
  readonly nodes: readonly WorldNode[];
  readonly pods: readonly WorldPod[];
  /** Repaired after so many milliseconds; undefined: never. */
  readonly crashes: readonly { node: string; atMs: number; repairMs: number | undefined }[];
  readonly deletions: readonly { pod: string; atMs: number }[];
  readonly cordons: readonly { node: string; atMs: number; untilMs: number }[];
  readonly horizonMs: number;
  readonly preset: "instant" | "kubernetes-1.36";
  /** Objects beside nodes and pods, and further fields of the scenario. */
  readonly objects: readonly Json[];
  readonly scenario: Json;
}

/** What the random worlds of a relation may contain; its precondition in short. */
export interface WorldOptions {
  readonly preset?: World["preset"];
  readonly crashes?: boolean;
  readonly priorities?: boolean;
  /** Hard and soft spread, affinity, anti-affinity. */
  readonly topology?: boolean;
  readonly taints?: boolean;
  readonly ports?: boolean;
  /** All nodes alike, with nothing but their names apart. */
  readonly equalNodes?: boolean;
  readonly podCount?: number;
  /** All times are multiples of this. */
  readonly gridMs?: number;
}

/** Integers below a bound, from a seed. */
export type Draw = (below: number) => number;

export function drawsOf(seed: number): Draw {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39) >>> 0;
    mixed = (mixed ^ (mixed >>> 16)) >>> 0;
    return mixed % below;
  };
}

const APPS = ["web", "db", "cache"];
const ZONES = ["za", "zb", "zc"];

export function randomWorld(seed: number, options: WorldOptions = {}): World {
  const draw = drawsOf(seed);
  const { preset = "kubernetes-1.36", podCount = 14, gridMs = 1 } = options;
  const nodeCount = 3 + draw(3);
  const nodes = Array.from({ length: nodeCount }, (_, k) => randomNode(draw, k, options));
  const horizonMs = 90_000;
  const pods = Array.from({ length: podCount }, (_, k) => randomPod(draw, k, gridMs, options)).sort(
    (a, b) => a.atMs - b.atMs,
  );
  // No crash before the first renewal of leases: the heartbeats of the initial state are earlier ones.
  const crashes =
    options.crashes === true && draw(2) === 0
      ? [
          {
            node: nodes[draw(nodeCount)]!.name,
            atMs: 12_000 + draw(13_000),
            repairMs: draw(2) === 0 ? undefined : 15_000,
          },
        ]
      : [];
  const deletions = Array.from({ length: 3 }, () => ({
    pod: pods[draw(podCount)]!.name,
    atMs: 45_000 + draw(30) * 1_000,
  }));
  const from = 15_000 + 1_000 * draw(10);
  const cordons =
    draw(2) === 0 || options.equalNodes === true
      ? []
      : [{ node: nodes[draw(nodeCount)]!.name, atMs: from, untilMs: from + 10_000 }];
  const unique = deletions.filter(
    ({ pod }, at) => deletions.findIndex((other) => other.pod === pod) === at,
  );
  return {
    seed,
    namespace: "default",
    nodes,
    pods,
    crashes,
    deletions: unique,
    cordons,
    horizonMs,
    preset,
    objects: [],
    scenario: {},
  };
}

function randomNode(draw: Draw, k: number, options: WorldOptions): WorldNode {
  const size = options.equalNodes === true ? 1 : draw(3);
  const isTainted = options.taints !== false && options.equalNodes !== true && draw(4) === 0;
  const effect = draw(2) === 0 ? "NoSchedule" : "PreferNoSchedule";
  return {
    name: `n-${k}`,
    zone: options.equalNodes === true ? "" : ZONES[draw(3)]!,
    milliCpu: [1_000, 2_000, 3_000][size]!,
    memoryMi: [2_048, 3_072, 4_096][size]!,
    pods: options.equalNodes === true ? 8 : 4 + draw(6),
    labels: options.equalNodes === true ? {} : { disk: draw(2) === 0 ? "ssd" : "hdd" },
    taints: isTainted ? [{ key: "only", value: "x", effect }] : [],
  };
}

function randomPod(draw: Draw, k: number, gridMs: number, options: WorldOptions): WorldPod {
  const app = APPS[draw(3)]!;
  const spec: Record<string, unknown> = {};
  const affinity: Record<string, unknown> = {};
  if (options.equalNodes !== true && draw(5) === 0) spec["nodeSelector"] = { disk: "ssd" };
  if (draw(3) === 0) spec["tolerations"] = [{ key: "only", operator: "Exists" }];
  if (options.topology !== false) addTopology(draw, app, spec, affinity);
  if (draw(5) === 0 && options.equalNodes !== true) {
    affinity["nodeAffinity"] = {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 1 + draw(50),
          preference: { matchExpressions: [{ key: "disk", operator: "In", values: ["hdd"] }] },
        },
      ],
    };
  }
  if (Object.keys(affinity).length > 0) spec["affinity"] = affinity;
  if (options.ports !== false && draw(8) === 0) spec["hostPort"] = 8_000 + draw(2);
  const runs = draw(3) > 0;
  return {
    name: `pod-${k}`,
    atMs: gridMs * Math.floor((1_000 + draw(40_000)) / gridMs),
    milliCpu: 100 * (1 + draw(12)),
    memoryMi: 128 * (1 + draw(10)),
    priority: options.priorities === false ? 0 : draw(4),
    labels: { app, tier: draw(2) === 0 ? "a" : "b" },
    runMs: runs ? gridMs * Math.floor((2_000 + draw(30_000)) / gridMs) : undefined,
    graceSeconds: draw(4),
    spec,
  };
}

function addTopology(
  draw: Draw,
  app: string,
  spec: Record<string, unknown>,
  affinity: Record<string, unknown>,
): void {
  const labelSelector = { matchLabels: { app } };
  const other = { labelSelector: { matchLabels: { app: APPS[draw(3)]! } } };
  const topologyKey = draw(2) === 0 ? "zone" : "kubernetes.io/hostname";
  const kind = draw(9);
  if (kind <= 1) {
    spec["topologySpreadConstraints"] = [
      {
        maxSkew: 1 + draw(2),
        topologyKey,
        whenUnsatisfiable: kind === 0 ? "DoNotSchedule" : "ScheduleAnyway",
        labelSelector,
      },
    ];
  } else if (kind === 2) {
    affinity["podAntiAffinity"] = {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, ...other }],
    };
  } else if (kind === 3) {
    affinity["podAffinity"] = {
      requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", ...other }],
    };
  } else if (kind === 4) {
    const podAffinityTerm = { topologyKey, ...other };
    affinity[draw(2) === 0 ? "podAffinity" : "podAntiAffinity"] = {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 + draw(100), podAffinityTerm }],
    };
  }
}

// --- Rendering -----------------------------------------------------------------------------------

export function nodeJson(node: WorldNode): Json {
  const { name, zone, labels, taints, milliCpu, memoryMi, pods } = node;
  const amounts = { cpu: `${milliCpu}m`, memory: `${memoryMi}Mi`, pods: `${pods}` };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { "kubernetes.io/hostname": name, ...(zone === "" ? {} : { zone }), ...labels },
    },
    spec: { taints },
    status: {
      capacity: amounts,
      allocatable: amounts,
      conditions: [{ type: "Ready", status: "True" }],
    },
  };
}

export function podJson(pod: WorldPod, namespace: string): Json {
  const { name, milliCpu, memoryMi, priority, labels, runMs, graceSeconds } = pod;
  const { hostPort, ...spec } = pod.spec;
  const requests = { cpu: `${milliCpu}m`, memory: `${memoryMi}Mi` };
  const ports = hostPort === undefined ? {} : { ports: [{ containerPort: 80, hostPort }] };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels,
      ...(runMs === undefined ? {} : { annotations: { "podsim.dev/run": `${runMs}ms` } }),
    },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: graceSeconds,
      priorityClassName: `p${priority}`,
      containers: [{ name: "c", image: "app:1", resources: { requests }, ...ports }],
      ...spec,
    },
  };
}

/** The world as a scenario; nodes and pods in the order of the lists. */
export function scenarioOf(world: World): Json {
  const steps = new Map<number, Json[]>();
  for (const pod of world.pods) {
    const objects = steps.get(pod.atMs) ?? [];
    objects.push(podJson(pod, world.namespace));
    steps.set(pod.atMs, objects);
  }
  const classes = [0, 1, 2, 3].map((value) => ({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: `p${value}` },
    value: value * 100,
  }));
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "world" },
    run: { horizon: `${world.horizonMs}ms`, seed: String(world.seed) },
    cluster: { objects: [...classes, ...world.objects, ...world.nodes.map(nodeJson)] },
    workload: {
      manifests: [...steps].map(([atMs, objects]) => ({ at: `${atMs}ms`, objects })),
      edits: [
        ...world.deletions.map(({ pod, atMs }) => ({
          at: `${atMs}ms`,
          delete: { object: `pod/${pod}`, namespace: world.namespace },
        })),
        ...world.cordons.flatMap(({ node, atMs, untilMs }) => [
          { at: `${atMs}ms`, cordon: node },
          { at: `${untilMs}ms`, uncordon: node },
        ]),
      ],
    },
    faults: world.crashes.map(({ node, atMs, repairMs }) => ({
      kind: "NodeCrash",
      node,
      at: `${atMs}ms`,
      ...(repairMs === undefined ? {} : { repairAfter: `${repairMs}ms` }),
    })),
    controlPlane: {
      preset: world.preset,
      // The grid of a kubelet's relists begins at an instant drawn by the node's name.
      kubelet: { relistPeriod: "0s" },
      phases: { nodeMonitor: "0s", taintPass: "0s", podGc: "0s", lease: "0s" },
    },
    ...world.scenario,
  };
}
