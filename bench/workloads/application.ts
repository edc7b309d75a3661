// One application of the full-profile workload: its pods, by version, and what a new pod is made from.
//
// It stands for a Deployment with a Service; a rolling update makes a new version and leaves the pods
// of the one before to be replaced.

import type { PodTemplate } from "../../src/cluster/index.ts";
import type { PodInfo } from "../../src/scheduler/index.ts";
import type { Draws } from "./draws.ts";
import {
  appTraits,
  type AppTraits,
  namespaceOf,
  podManifest,
  type RequestSize,
  replicaSetManifest,
  replicaSetName,
  serviceManifest,
} from "./profile-objects.ts";
import type { WorkloadWorld } from "./workload-world.ts";

/** Pods of one template, and the next ones. */
export class Application {
  readonly number: number;
  readonly traits: AppTraits;
  readonly size: RequestSize;
  readonly priority: number;
  replicas: number;
  /** Running pods of the version of now, in no particular order; terminating ones are in neither list. */
  readonly live: PodInfo[] = [];
  /** Running pods of earlier versions. */
  readonly old: PodInfo[] = [];
  private version = 0;
  private sample: PodInfo | undefined;
  private readonly world: WorkloadWorld;

  constructor(
    world: WorkloadWorld,
    number: number,
    size: RequestSize,
    replicas: number,
    priority: number,
  ) {
    this.world = world;
    this.number = number;
    this.traits = appTraits(number);
    this.size = size;
    this.replicas = replicas;
    this.priority = priority;
    world.put(serviceManifest(number));
    world.put(replicaSetManifest(number, 0));
  }

  /** A new version: the pods of now become old, and so does the ReplicaSet before the last. */
  startVersion(): void {
    for (const pod of this.live) this.old.push(pod);
    this.live.length = 0;
    this.version++;
    this.sample = undefined;
    this.world.put(replicaSetManifest(this.number, this.version));
    if (this.version > 1) {
      const name = replicaSetName(this.number, this.version - 2);
      this.world.objects.removeReplicaSet(namespaceOf(this.number), name);
    }
  }

  /** A pending pod of the version of now. */
  pod(uid: number, template?: PodTemplate): PodInfo {
    this.sample ??= this.createSample();
    const { sample } = this;
    const name = `a${this.number}-${uid}`;
    return template === undefined
      ? { ...sample, uid, name, startUs: uid }
      : { ...sample, uid, name, startUs: uid, template };
  }

  /** The template of pods of the version of now, with a request of their own. */
  templateOf(size: RequestSize): PodTemplate {
    return this.world.template(podManifest(this.number, this.version, size, this.priority));
  }

  get count(): number {
    return this.live.length + this.old.length;
  }

  /** Takes some running pod out, an old one while there are any. */
  takeOne(draws: Draws): PodInfo | undefined {
    const list = this.old.length > 0 ? this.old : this.live;
    const at = list.length === 0 ? -1 : draws.below(list.length);
    return at === -1 ? undefined : takeAt(list, at);
  }

  /** Takes this pod out; false when it was terminating. */
  remove(uid: PodInfo["uid"]): boolean {
    for (const list of [this.live, this.old]) {
      const at = list.findIndex((pod) => pod.uid === uid);
      if (at === -1) continue;
      takeAt(list, at);
      return true;
    }
    return false;
  }

  private createSample(): PodInfo {
    return {
      uid: -1,
      namespace: namespaceOf(this.number),
      name: "",
      template: this.templateOf(this.size),
      priority: this.priority,
      startUs: -1,
      deleting: false,
      nodeName: "",
      nominatedNodeName: "",
      owner: {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: replicaSetName(this.number, this.version),
      },
      pod: -1,
    };
  }
}

/** Puts the last one into the gap. */
function takeAt(list: PodInfo[], at: number): PodInfo {
  const taken = list[at]!;
  const last = list.pop()!;
  if (at < list.length) list[at] = last;
  return taken;
}
