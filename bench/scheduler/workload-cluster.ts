// A cluster and a row of pods for each scheduling workload, under the full default profile.
//
// Nodes of four shapes in three zones, a tenth tainted, two fifths with a disk label; 20 ReplicaSets, so
// that the default spreading constraints count pods. A workload says what its pods ask for beside
// that and how full the cluster is. Everything follows from the size and the workload's name.

import { RecordedWorld } from "../../src/experiment/verify/recorded-world.ts";
import {
  PlainEvaluator,
  type PodInfo,
  ProfileDecider,
  type SchedulerConfiguration,
  type Verdict,
} from "../../src/scheduler/index.ts";
import { ResultHash } from "../harness/result-hash.ts";

/** What the pods of a workload ask for. */
export type WorkloadName =
  | "basic"
  | "node-affinity"
  | "pod-affinity"
  | "spread"
  | "preemption"
  | "unschedulable"
  /** No room, and many rules in the way at once: the worst case of an explanation. */
  | "blocked";

/** No node has room for these pods. */
const WITHOUT_ROOM: ReadonlySet<WorkloadName> = new Set<WorkloadName>([
  "preemption",
  "unschedulable",
  "blocked",
]);

const SHAPES = [
  { cpu: "16", memory: "64Gi" },
  { cpu: "32", memory: "64Gi" },
  { cpu: "32", memory: "128Gi" },
  { cpu: "64", memory: "256Gi" },
] as const;
const REPLICA_SETS = 20;
const PODS_PER_NODE = 8;
const ZONE = "topology.kubernetes.io/zone";
const HOST = "kubernetes.io/hostname";

/** What a stretch of decisions came to. */
export interface WorkloadStretch {
  readonly hash: string;
  readonly placed: number;
  readonly preempted: number;
  /** Nodes filtered, over all decisions. */
  readonly visits: number;
}

/** A cluster in a steady state: what a decision changes is taken back or balanced by a departure. */
export class WorkloadCluster {
  readonly configuration: SchedulerConfiguration;
  readonly decider: ProfileDecider;
  readonly world: RecordedWorld;
  private readonly fillings: PodInfo[] = [];
  private readonly present: PodInfo[] = [];
  private readonly samples: readonly PodInfo[];
  private podCount = 0;

  /** `keepsMatches`: count matching pods as they come and go, as runs do. */
  constructor(
    nodes: number,
    workload: WorkloadName,
    details: boolean,
    keepsMatches: boolean = false,
  ) {
    const objects = [
      ...Array.from({ length: nodes }, (_, at) => nodeObject(at)),
      ...Array.from({ length: REPLICA_SETS }, (_, at) => replicaSetObject(at)),
    ];
    this.world = new RecordedWorld(objects, [], { defaulting: true, hasQueue: true, keepsMatches });
    this.configuration = this.world.readConfiguration(null);
    const { percentageOfNodesToScore } = this.configuration;
    const evaluator = new PlainEvaluator(this.world.cache, { percentageOfNodesToScore, details });
    this.decider = new ProfileDecider(this.world.createProfiles(this.configuration), evaluator);
    this.samples = Array.from({ length: REPLICA_SETS }, (_, at) => this.sample(at, workload));
    const isFull = WITHOUT_ROOM.has(workload);
    const residents = Array.from({ length: REPLICA_SETS }, (_, at) =>
      this.sample(at, isFull ? "basic" : workload),
    );
    for (let k = 0; k < nodes * PODS_PER_NODE; k++) {
      const at = (k * 7919) % nodes;
      const resident = isFull ? this.filling(at) : residents[k % REPLICA_SETS]!;
      this.put(this.next(resident), `n${at}`);
    }
  }

  /** Decides about so many pods and leaves the cluster as full as it was. */
  decide(count: number, look?: (verdict: Verdict) => void): WorkloadStretch {
    const hash = new ResultHash();
    let visits = 0;
    let placed = 0;
    let preempted = 0;
    for (let k = 0; k < count; k++) {
      const pod = this.next(this.samples[this.podCount % REPLICA_SETS]!);
      const verdict = this.decider.decide(pod);
      look?.(verdict);
      const { decision, postFilter } = verdict;
      const victims = postFilter?.preemption?.chosen?.victims ?? [];
      hash.add(decision.node);
      hash.add(decision.nextStart);
      hash.add(decision.tieCount);
      hash.add(victims.length);
      for (const victim of victims) hash.add(Number(victim.uid));
      visits += decision.evaluatedCount;
      if (decision.node !== -1) placed++;
      if (victims.length > 0) preempted++;
      this.settle(pod, verdict);
    }
    return { hash: hash.hex(), placed, preempted, visits };
  }

  private settle(pod: PodInfo, { decision, postFilter }: Verdict): void {
    const { cache } = this.world;
    if (decision.node !== -1) {
      this.put(pod, cache.nodeName(decision.node));
      cache.removePod(this.present.shift()!.uid);
      return;
    }
    // The victims leave and equal pods come in their place, so that the next search finds new state.
    const chosen = postFilter?.preemption?.chosen;
    for (const victim of chosen?.victims ?? []) {
      cache.removePod(victim.uid);
      this.put(this.next(victim), chosen!.nodeName);
    }
  }

  private put(pod: PodInfo, node: string): void {
    const { nodeName: _, ...free } = pod;
    this.present.push(this.world.cache.assume({ ...free, nodeName: "" }, node));
  }

  private next(sample: PodInfo): PodInfo {
    const number = this.podCount++;
    return { ...sample, name: `p${number}`, uid: number };
  }

  private sample(at: number, workload: WorkloadName): PodInfo {
    return this.world.podInfo(this.world.decodePod(podObject(at, workload)));
  }

  /** An eighth of a node: eight of them leave no room for a ninth. */
  private filling(at: number): PodInfo {
    const shape = at % SHAPES.length;
    this.fillings[shape] ??= this.world.podInfo(this.world.decodePod(fillingObject(shape)));
    return this.fillings[shape];
  }
}

function nodeObject(at: number): object {
  const name = `n${at}`;
  const labels = {
    [HOST]: name,
    [ZONE]: `zone-${at % 3}`,
    ...(at % 5 < 2 ? { disk: "ssd" } : {}),
  };
  const taints = at % 10 === 9 ? [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }] : [];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels },
    spec: { taints },
    status: { allocatable: { ...SHAPES[at % SHAPES.length], pods: "110" } },
  };
}

function replicaSetObject(at: number): object {
  const labels = { app: `app-${at}` };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `set-${at}`, namespace: "default", uid: `set-${at}` },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "i:1" }] } },
    },
  };
}

function podObject(at: number, workload: WorkloadName): object {
  const requests = WITHOUT_ROOM.has(workload)
    ? { cpu: "2", memory: "1Gi" }
    : { cpu: `${500 + 250 * (at % 8)}m`, memory: `${1 + (at % 5)}Gi` };
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `set-${at}`, uid: `set-${at}` };
  return {
    metadata: {
      name: `sample-${at}`,
      namespace: "default",
      labels: { app: `app-${at}` },
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      containers: [{ name: "c", image: "i:1", resources: { requests } }],
      ...(workload === "preemption" ? { priority: 100 } : {}),
      ...wishes(at, workload),
    },
  };
}

function wishes(at: number, workload: WorkloadName): object {
  const own = { labelSelector: { matchLabels: { app: `app-${at}` } } };
  const next = { labelSelector: { matchLabels: { app: `app-${(at + 1) % REPLICA_SETS}` } } };
  switch (workload) {
    case "node-affinity": {
      const ssd = { matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] };
      const zone = { matchExpressions: [{ key: ZONE, operator: "In", values: ["zone-1"] }] };
      const required = { nodeSelectorTerms: [ssd] };
      const preferred = [{ weight: 10, preference: zone }];
      const nodeAffinity = {
        ...(at % 2 === 0 ? { requiredDuringSchedulingIgnoredDuringExecution: required } : {}),
        preferredDuringSchedulingIgnoredDuringExecution: preferred,
      };
      return { affinity: { nodeAffinity } };
    }
    case "pod-affinity": {
      const near = { weight: 10, podAffinityTerm: { ...next, topologyKey: ZONE } };
      const apart = { ...own, topologyKey: HOST };
      const podAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [near] };
      const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [apart] };
      return { affinity: { podAffinity, ...(at % 4 === 0 ? { podAntiAffinity } : {}) } };
    }
    case "spread": {
      const constraint = (topologyKey: string, maxSkew: number): object => {
        return { ...own, topologyKey, maxSkew, whenUnsatisfiable: "DoNotSchedule" };
      };
      return { topologySpreadConstraints: [constraint(ZONE, 50), constraint(HOST, 8)] };
    }
    case "blocked": {
      const filling = { labelSelector: { matchLabels: { app: "filling" } } };
      const required = (term: object): object => ({
        requiredDuringSchedulingIgnoredDuringExecution: [term],
      });
      return {
        nodeSelector: { disk: "ssd", rack: "r1" },
        affinity: {
          podAffinity: required({ ...next, topologyKey: ZONE }),
          podAntiAffinity: required({ ...filling, topologyKey: HOST }),
        },
        topologySpreadConstraints: [
          { ...filling, topologyKey: ZONE, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" },
        ],
      };
    }
    default:
      return {};
  }
}

function fillingObject(shape: number): object {
  const cpu = `${(Number.parseInt(SHAPES[shape]!.cpu, 10) * 1000) / PODS_PER_NODE}m`;
  const requests = { cpu, memory: "1Gi" };
  return {
    metadata: { name: `filling-${shape}`, namespace: "default", labels: { app: "filling" } },
    spec: { containers: [{ name: "c", image: "i:1", resources: { requests } }] },
  };
}
