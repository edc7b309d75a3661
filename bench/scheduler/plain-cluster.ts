// A cluster in a steady state for scheduling benchmarks: each decision is followed by one departure.
//
// Four node shapes in three zones, about a third of the cpus taken; 20 ReplicaSets of different
// requests, so that the default spreading constraints count pods. Everything follows from the size alone.

import { RecordedWorld } from "../../src/experiment/verify/recorded-world.ts";
import { PlainEvaluator } from "../../src/scheduler/index.ts";
import type { PodInfo, Profile } from "../../src/scheduler/index.ts";
import { ResultHash } from "../harness/result-hash.ts";

const SHAPES = [
  { cpu: "16", memory: "64Gi" },
  { cpu: "32", memory: "64Gi" },
  { cpu: "32", memory: "128Gi" },
  { cpu: "64", memory: "256Gi" },
] as const;
const REPLICA_SETS = 20;
const PODS_PER_NODE = 8;

/** Which plugins take part. */
export const PROFILES = {
  /** Room and its balance alone. */
  resources: {
    plugins: {
      multiPoint: {
        disabled: [{ name: "*" }],
        enabled: [
          { name: "PrioritySort" },
          { name: "NodeResourcesFit" },
          { name: "NodeResourcesBalancedAllocation" },
          { name: "DefaultBinder" },
        ],
      },
    },
  },
  /** Every plugin of the default profile. */
  default: {},
} as const;

/** What a stretch of decisions came to. */
export interface Stretch {
  readonly hash: string;
  /** Nodes filtered, over all decisions. */
  readonly visits: number;
}

/** A cluster with pods on it, and an endless row of pods to come. */
export class PlainCluster {
  private readonly world: RecordedWorld;
  private readonly profile: Profile;
  private readonly evaluator: PlainEvaluator;
  private readonly present: PodInfo[] = [];
  private readonly samples: readonly PodInfo[];
  private podCount = 0;

  /** @param percentage percentageOfNodesToScore; 0 = the default, which depends on the size. */
  constructor(nodes: number, profile: keyof typeof PROFILES, percentage: number, details: boolean) {
    const objects = [
      ...Array.from({ length: nodes }, (_, at) => nodeObject(at)),
      ...Array.from({ length: REPLICA_SETS }, (_, at) => replicaSetObject(at)),
    ];
    this.world = new RecordedWorld(objects, [], { defaulting: true, hasQueue: true });
    const configuration = this.world.readConfiguration({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      percentageOfNodesToScore: percentage,
      profiles: [PROFILES[profile]],
    });
    this.profile = this.world.createProfiles(configuration)[0]!;
    const options = { percentageOfNodesToScore: percentage, details };
    this.evaluator = new PlainEvaluator(this.world.cache, options);
    this.samples = Array.from({ length: REPLICA_SETS }, (_, at) =>
      this.world.podInfo(this.world.decodePod(podObject(at))),
    );
    for (let k = 0; k < nodes * PODS_PER_NODE; k++) {
      this.put(this.nextPod(), `n${(k * 7919) % nodes}`);
    }
  }

  /** Decides about so many pods, puts each where it goes, and lets the oldest pod go. */
  decide(count: number): Stretch {
    const hash = new ResultHash();
    const { cache } = this.world;
    let visits = 0;
    for (let k = 0; k < count; k++) {
      const pod = this.nextPod();
      const decision = this.evaluator.decide(pod, this.profile);
      const { node } = decision;
      if (node === -1) throw new Error(`No node for ${pod.name}: ${decision.message}`);
      hash.add(node);
      hash.add(decision.nextStart);
      hash.add(decision.tieCount);
      visits += decision.evaluatedCount;
      this.put(pod, cache.nodeName(node));
      cache.removePod(this.present.shift()!.uid);
    }
    return { hash: hash.hex(), visits };
  }

  private put(pod: PodInfo, node: string): void {
    this.present.push(this.world.cache.assume(pod, node));
  }

  private nextPod(): PodInfo {
    const number = this.podCount++;
    const sample = this.samples[number % REPLICA_SETS]!;
    return { ...sample, name: `p${number}`, uid: number };
  }
}

function nodeObject(at: number): object {
  const name = `n${at}`;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": `zone-${at % 3}`,
      },
    },
    status: { allocatable: { ...SHAPES[at % SHAPES.length], pods: "110" } },
  };
}

function replicaSetObject(at: number): object {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: `set-${at}`, namespace: "default", uid: `set-${at}` },
    spec: {
      selector: { matchLabels: { app: `app-${at}` } },
      template: {
        metadata: { labels: { app: `app-${at}` } },
        spec: { containers: [{ name: "c", image: "i:1" }] },
      },
    },
  };
}

function podObject(at: number): object {
  const requests = { cpu: `${500 + 250 * (at % 8)}m`, memory: `${1 + (at % 5)}Gi` };
  return {
    metadata: {
      name: `sample-${at}`,
      namespace: "default",
      labels: { app: `app-${at}` },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: "ReplicaSet",
          name: `set-${at}`,
          uid: `set-${at}`,
          controller: true,
        },
      ],
    },
    spec: { containers: [{ name: "c", image: "i:1", resources: { requests } }] },
  };
}
