// RunBindingTools: what plugins may do during a binding, on a running simulation.
//
// Writes go through the scheduler's own client and its rate limit; time passes on the simulation's
// clock, at the scheduler's rank. What is written and awaited is the plugins' business.

import { assert, duration } from "../../base/index.ts";
import type { PersistentVolumeClaimObject, PersistentVolumeObject } from "../../cluster/index.ts";
import { RANK, type Simulation } from "../../engine/index.ts";
import type { BindingTools } from "../framework/plugin.ts";
import type { PodInfo } from "../framework/pod-info.ts";
import type { ApiSchedulerClient } from "./api-client.ts";
import type { WriteError } from "./scheduler-client.ts";
import type { WatchedObjects } from "./watched-objects.ts";

/** The parts of a running scheduler that the tools work with. */
export interface RunBindingOptions {
  readonly simulation: Simulation;
  readonly client: ApiSchedulerClient;
  readonly objects: WatchedObjects;
  /** Whether the pod exists, as far as this scheduler has heard. */
  knowsPod(uid: PodInfo["uid"]): boolean;
}

/** Binding tools of one scheduler. */
export class RunBindingTools implements BindingTools {
  private readonly options: RunBindingOptions;

  constructor(options: RunBindingOptions) {
    this.options = options;
  }

  updateStorage<T extends PersistentVolumeObject | PersistentVolumeClaimObject>(
    before: T,
    change: (object: T) => T,
    onDone: (error: WriteError, isChanged: boolean) => void,
  ): void {
    const { client, objects } = this.options;
    const stored = objects.storedOf(before);
    assert(stored !== undefined, "a claim or volume is written that was never looked up");
    client.updateStorage(stored, change, onDone);
  }

  callAfter(delayUs: number, label: string, call: () => void): () => void {
    const { simulation } = this.options;
    const handle = simulation.callAfter(duration(delayUs), RANK.scheduler, label, call);
    return () => {
      simulation.cancel(handle);
    };
  }

  knowsPod(uid: PodInfo["uid"]): boolean {
    return this.options.knowsPod(uid);
  }
}
