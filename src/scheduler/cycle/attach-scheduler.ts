// Attaches a scheduler to a simulated API server: its client, its watch, its initial list.
//
// The decider and the cache come from outside, because plugins and strategies need the cache before
// a scheduler exists.

import type { Simulation } from "../../engine/index.ts";
import type { ApiServer, ClientLimit, Subscription } from "../../cluster/index.ts";
import { Scheduler, type SchedulerOptions } from "../scheduler.ts";
import { ApiSchedulerClient } from "./api-client.ts";
import { PodWatch } from "./pod-watch.ts";

export interface AttachOptions extends Omit<SchedulerOptions, "client" | "cycleUs"> {
  /** For logs; by custom the name of the first profile. */
  readonly name: string;
  /** Default: the control plane's schedulerCycle. */
  readonly cycleUs?: SchedulerOptions["cycleUs"];
  /** Default: the control plane's schedulerClient (bindings and status patches share it). */
  readonly clientLimit?: ClientLimit;
}

export interface AttachedScheduler {
  readonly scheduler: Scheduler;
  readonly subscription: Subscription;
}

/** Starts a scheduler at the present instant; it is given the list of all that exists at once. */
export function attachScheduler(
  simulation: Simulation,
  api: ApiServer,
  options: AttachOptions,
): AttachedScheduler {
  const { name, clientLimit = api.latencies.schedulerClient, ...rest } = options;
  const cycleUs: SchedulerOptions["cycleUs"] = options.cycleUs ?? api.latencies.schedulerCycle;
  const client = new ApiSchedulerClient(api, name, clientLimit);
  const scheduler = new Scheduler(simulation, { ...rest, client, cycleUs });
  const watch = new PodWatch(api, scheduler.news);
  const subscription = api.watch({
    name,
    onNode: (change) => watch.onNode(change),
    onPod: (change) => watch.onPod(change),
  });
  return { scheduler, subscription };
}
