// `kubectl drain`, as far as the API sees it: cordon, then every pod of the node evicted side by side,
// refusals by a budget tried again every five seconds, and the end awaited once a second.
//
// Pods of DaemonSets stay, pods without an owner go too (--ignore-daemonsets --force). A drain that has
// a timeout gives up what it would try again after it.

import { duration } from "../../base/index.ts";
import {
  type ApiClient,
  type ApiServer,
  NO_NODE,
  NO_OWNER,
  NO_POD,
  type PodIndex,
  type Uid,
} from "../../cluster/index.ts";
import { RANK } from "../../engine/index.ts";

const RETRY_US = 5_000_000;
const LOOK_US = 1_000_000;

/** What a drain is answered about one pod; told as it happens, to whoever wants to know. */
export interface DrainStep {
  readonly kind: "evicted" | "refused";
  readonly nodeName: string;
  readonly pod: PodIndex;
  readonly uid: Uid;
  /** Of a refusal. */
  readonly message: string;
}

/** One drain: who asks, of which node, and for how long refusals are tried again. */
export interface DrainRequest {
  readonly api: ApiServer;
  readonly client: ApiClient;
  readonly nodeName: string;
  readonly timeoutUs: number | undefined;
  readonly onStep?: ((step: DrainStep) => void) | undefined;
}

/** Starts a drain now; `done` gets an error, or undefined when all evicted pods are gone. */
export function startDrain(request: DrainRequest, done: (error?: string) => void): void {
  const { api, client, nodeName } = request;
  const node = api.nodes.find(nodeName);
  if (node === NO_NODE) {
    done(`nodes "${nodeName}" not found`);
    return;
  }
  api.request(
    client,
    "patch",
    (writer) =>
      writer.updateNode(node, api.nodes.uid(node), (before) => ({
        ...before,
        unschedulable: true,
      })),
    (result) => {
      if (result.ok) evictAll(request, done);
      else done(result.message);
    },
  );
}

function evictAll(request: DrainRequest, done: (error?: string) => void): void {
  const { api, nodeName, timeoutUs } = request;
  const { pods, nodes, simulation } = api;
  const node = nodes.find(nodeName);
  const targets =
    node === NO_NODE ? [] : pods.podsOnNode(node).filter((pod) => !isDaemon(api, pod));
  const endUs = timeoutUs === undefined ? Number.POSITIVE_INFINITY : simulation.nowUs + timeoutUs;
  let waiting = targets.length;
  let failure: string | undefined;
  if (waiting === 0) done();
  for (const pod of targets) {
    evictOne(request, pod, endUs, (error) => {
      failure ??= error;
      if (--waiting === 0) done(failure);
    });
  }
}

function evictOne(
  { api, client, nodeName, onStep }: DrainRequest,
  pod: PodIndex,
  endUs: number,
  done: (error?: string) => void,
): void {
  const { pods, simulation } = api;
  const uid = pods.uid(pod);
  const [namespace, name] = [pods.namespace(pod), pods.name(pod)];
  const later = (us: number, call: () => void): void => {
    simulation.callAfter(duration(us), RANK.workload, "kubectl drain", call);
  };
  const look = (): void => {
    if (isGone(api, namespace, name, uid)) done();
    else later(LOOK_US, look);
  };
  const attempt = (): void => {
    if (simulation.nowUs > endUs) {
      done(`pod ${name} was not evicted in time`);
      return;
    }
    api.request(
      client,
      "create",
      (writer) => writer.evictPod(pod, uid),
      (result) => {
        if (result.ok || result.reason !== "NotFound")
          onStep?.({
            ...{ kind: result.ok ? "evicted" : "refused", nodeName, pod, uid },
            message: result.ok ? "" : result.message,
          });
        if (result.ok) look();
        else if (result.reason === "NotFound") done();
        else if (result.reason === "TooManyRequests") later(RETRY_US, attempt);
        else done(result.message);
      },
    );
  };
  attempt();
}

function isDaemon({ pods, owners }: ApiServer, pod: PodIndex): boolean {
  const row = pods.owner(pod);
  return row !== NO_OWNER && owners.ref(row).kind === "DaemonSet";
}

function isGone({ pods }: ApiServer, namespace: string, name: string, uid: Uid): boolean {
  const pod = pods.find(namespace, name);
  return pod === NO_POD || pods.uid(pod) !== uid;
}
