// A cluster and a row of pods for each scheduling workload, under the full default profile.
//
// Nodes of four shapes in three zones, a tenth tainted, two fifths with a disk label; 20 ReplicaSets, so
// that the default spreading constraints count pods. A workload says what its pods ask for beside
// that and how full the cluster is. Everything follows from the size and the workload's name.

import { RecordedWorld } from "../../src/experiment/verify/recorded-world.ts";
import {
  type PodInfo,
  ProfileDecider,
  type SchedulerConfiguration,
  type Verdict,
} from "../../src/scheduler/index.ts";
import { ResultHash } from "../harness/result-hash.ts";
import { EVALUATORS, type EvaluatorName } from "../workloads/evaluators.ts";
import { volumeObjects, volumesOf } from "./workload-volumes.ts";

/** What the pods of a workload ask for. */
export type WorkloadName =
  /** Room, and the default spreading constraints over pods of the same ReplicaSet. */
  | "basic"
  /** Room alone: pods without owner, so that nothing spreads them. */
  | "bare"
  | "node-affinity"
  /** Preferred affinity to another set; a quarter excludes its own hosts. */
  | "pod-affinity"
  | "required-pod-affinity"
  | "preferred-pod-anti-affinity"
  | "required-pod-anti-affinity"
  /** Hard constraints. */
  | "spread"
  | "soft-spread"
  /** Every pod names its node, as a DaemonSet's do. */
  | "daemonset"
  /** Every pod mounts a volume of one zone; nodes have limits. */
  | "volumes"
  /** Sets of all these sorts, and node objects that change meanwhile. */
  | "mixed-churn"
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

/** What the sets of a mixed workload ask for, in turn. */
const MIXTURE: readonly WorkloadName[] = [
  "basic",
  "node-affinity",
  "pod-affinity",
  "required-pod-anti-affinity",
  "spread",
  "soft-spread",
  "required-pod-affinity",
];
const NODE_CHANGE_EVERY = 5;

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
  private readonly nodes: number;
  private readonly workload: WorkloadName;
  private podCount = 0;
  private nodeChanges = 0;

  /** `keepsMatches`: count matching pods as they come and go, as runs do. */
  constructor(
    nodes: number,
    workload: WorkloadName,
    details: boolean,
    keepsMatches: boolean = false,
    evaluatorName: EvaluatorName = "plain",
  ) {
    this.nodes = nodes;
    this.workload = workload;
    const objects = [
      ...Array.from({ length: nodes }, (_, at) => nodeObject(at)),
      ...Array.from({ length: REPLICA_SETS }, (_, at) => replicaSetObject(at)),
      ...(workload === "volumes" ? volumeObjects(nodes, REPLICA_SETS) : []),
    ];
    this.world = new RecordedWorld(objects, [], { defaulting: true, hasQueue: true, keepsMatches });
    this.configuration = this.world.readConfiguration(null);
    const { percentageOfNodesToScore } = this.configuration;
    const options = { percentageOfNodesToScore, details };
    const { cache, objects: lookUps } = this.world;
    const evaluator = EVALUATORS[evaluatorName](cache, lookUps, options);
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
      if (this.workload === "mixed-churn" && k % NODE_CHANGE_EVERY === 0) this.changeNode();
      const pod = this.next(this.nextSample());
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

  private nextSample(): PodInfo {
    const at = this.podCount;
    if (this.workload !== "daemonset") return this.samples[at % REPLICA_SETS]!;
    const target = `n${(at * 31) % this.nodes}`;
    return this.world.podInfo(
      this.world.decodePod(podObject(at % REPLICA_SETS, "daemonset", target)),
    );
  }

  /** Some node is cordoned, and the one that was before is not any more. */
  private changeNode(): void {
    const at = (this.nodeChanges * 7919) % this.nodes;
    const before = ((this.nodeChanges - 1) * 7919) % this.nodes;
    const { cache } = this.world;
    if (this.nodeChanges > 0) cache.updateNode(this.world.decodeNode(nodeObject(before)));
    cache.updateNode(this.world.decodeNode(nodeObject(at, true)));
    this.nodeChanges++;
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

function nodeObject(at: number, unschedulable = false): object {
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
    spec: { taints, ...(unschedulable ? { unschedulable } : {}) },
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

function podObject(at: number, workload: WorkloadName, nodeName = ""): object {
  const requests = WITHOUT_ROOM.has(workload)
    ? { cpu: "2", memory: "1Gi" }
    : { cpu: `${500 + 250 * (at % 8)}m`, memory: `${1 + (at % 5)}Gi` };
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: `set-${at}`, uid: `set-${at}` };
  return {
    metadata: {
      name: `sample-${at}`,
      namespace: "default",
      labels: { app: `app-${at}` },
      ...(workload === "bare" ? {} : { ownerReferences: [{ ...owner, controller: true }] }),
    },
    spec: {
      containers: [{ name: "c", image: "i:1", resources: { requests } }],
      ...(workload === "preemption" ? { priority: 100 } : {}),
      ...wishes(at, workload, nodeName),
    },
  };
}

function wishes(at: number, workload: WorkloadName, nodeName: string): object {
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
    case "required-pod-affinity": {
      const near = { ...own, topologyKey: ZONE };
      return {
        affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [near] } },
      };
    }
    case "preferred-pod-anti-affinity": {
      const apart = { weight: 10, podAffinityTerm: { ...own, topologyKey: HOST } };
      const podAntiAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [apart] };
      return { affinity: { podAntiAffinity } };
    }
    case "required-pod-anti-affinity": {
      const apart = { ...own, topologyKey: HOST };
      const podAntiAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [apart] };
      return { affinity: { podAntiAffinity } };
    }
    case "spread":
    case "soft-spread": {
      const whenUnsatisfiable = workload === "spread" ? "DoNotSchedule" : "ScheduleAnyway";
      const constraint = (topologyKey: string, maxSkew: number): object => {
        return { ...own, topologyKey, maxSkew, whenUnsatisfiable };
      };
      return { topologySpreadConstraints: [constraint(ZONE, 50), constraint(HOST, 8)] };
    }
    case "daemonset": {
      if (nodeName === "") return {};
      const field = { key: "metadata.name", operator: "In", values: [nodeName] };
      const required = { nodeSelectorTerms: [{ matchFields: [field] }] };
      const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: required };
      return { affinity: { nodeAffinity }, tolerations: [{ operator: "Exists" }] };
    }
    case "volumes":
      return { volumes: volumesOf(at) };
    case "mixed-churn":
      return wishes(at, MIXTURE[at % MIXTURE.length]!, nodeName);
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
