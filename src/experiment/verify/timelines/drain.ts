// `kubectl drain`, as far as the API sees it: cordon, then every pod of the node evicted side by side,
// refusals by a budget tried again every five seconds, and the end awaited once a second.

import { duration } from "../../../base/index.ts";
import { NO_NODE, NO_OWNER, NO_POD, type PodIndex, type Uid } from "../../../cluster/index.ts";
import { RANK } from "../../../engine/index.ts";
import type { ReplayRequests } from "./replay-requests.ts";
import type { ReplayWorld } from "./replay-world.ts";

const START_UP_US = 100_000;
const RETRY_US = 5_000_000;
const LOOK_US = 1_000_000;

/** Starts a drain now; `done` is called when all evicted pods are gone, or when it has given up. */
export function startDrain(
  world: ReplayWorld,
  requests: ReplayRequests,
  nodeName: string,
  timeoutUs: number | undefined,
  done: (hasSucceeded: boolean) => void,
): void {
  const later = (us: number, call: () => void): void => {
    world.sim.callAfter(duration(us), RANK.workload, "kubectl drain", call);
  };
  later(START_UP_US, () => {
    requests.changeNode(
      nodeName,
      (before) => ({ ...before, unschedulable: true }),
      () => evictAll(world, requests, nodeName, timeoutUs, later, done),
    );
  });
}

function evictAll(
  world: ReplayWorld,
  requests: ReplayRequests,
  nodeName: string,
  timeoutUs: number | undefined,
  later: (us: number, call: () => void) => void,
  done: (hasSucceeded: boolean) => void,
): void {
  const { pods, nodes } = world.api;
  const node = nodes.find(nodeName);
  const targets =
    node === NO_NODE ? [] : pods.podsOnNode(node).filter((pod) => !isDaemon(world, pod));
  const endUs = timeoutUs === undefined ? Number.POSITIVE_INFINITY : world.sim.nowUs + timeoutUs;
  let waiting = targets.length;
  let hasFailed = false;
  const finish = (hasSucceeded: boolean): void => {
    hasFailed ||= !hasSucceeded;
    if (--waiting === 0) done(!hasFailed);
  };
  if (waiting === 0) done(true);
  for (const pod of targets) {
    const uid = pods.uid(pod);
    const name = pods.name(pod);
    const look = (): void => {
      if (isGone(world, name, uid)) finish(true);
      else later(LOOK_US, look);
    };
    const attempt = (): void => {
      if (world.sim.nowUs > endUs) {
        finish(false);
        return;
      }
      requests.evict(pod, uid, (reason) => {
        if (reason === undefined) look();
        else if (reason === "NotFound") finish(true);
        else if (reason === "TooManyRequests") later(RETRY_US, attempt);
        else finish(false);
      });
    };
    attempt();
  }
}

function isDaemon(world: ReplayWorld, pod: PodIndex): boolean {
  const { pods, owners } = world.api;
  const row = pods.owner(pod);
  return row !== NO_OWNER && owners.ref(row).kind === "DaemonSet";
}

function isGone(world: ReplayWorld, name: string, uid: Uid): boolean {
  const { pods } = world.api;
  const pod = pods.find("default", name);
  return pod === NO_POD || pods.uid(pod) !== uid;
}
