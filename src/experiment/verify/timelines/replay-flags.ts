// The flags and feature gates with which a timeline was recorded: which a replay can set, and to what.
//
// A flag that is not known here is named as not supported; none is left out in silence.

import {
  type ClientLimit,
  type ControlPlaneLatencies,
  LATENCIES_KUBERNETES_1_36,
} from "../../../cluster/index.ts";
import {
  type ControllerOptions,
  KUBERNETES_CONTROLLER_OPTIONS,
} from "../../../controllers/index.ts";
import type { Json, TimelineFile } from "./timeline-file.ts";

const SECOND_US = 1_000_000;

/** Flags that a replay can set, or that have no effect in one; any other is named as not supported. */
export function unsupportedFlags(file: TimelineFile): readonly string[] {
  const found: string[] = [];
  for (const [component, flags] of Object.entries(file.config)) {
    if (typeof flags !== "object" || flags === null) continue;
    for (const name of Object.keys(flags)) {
      if (WITHOUT_EFFECT.has(name) || component === "etcd") continue;
      if (CLIENT_FLAGS.has(name) && CLIENTS.has(component)) continue;
      if (component === "kube-controller-manager" && CONTROLLER_FLAGS.has(name)) continue;
      if (component === "kube-scheduler" && name === "--feature-gates") continue;
      found.push(`flag ${component} ${name}`);
    }
  }
  for (const gate of gatesOf(file).keys()) {
    if (gate !== "SchedulerPopFromBackoffQ") found.push(`gate ${gate}`);
  }
  return found;
}

const CLIENT_FLAGS: ReadonlySet<string> = new Set(["--kube-api-qps", "--kube-api-burst"]);
const CLIENTS: ReadonlySet<string> = new Set(["kube-controller-manager", "kube-scheduler"]);

const WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  "--authorization-mode",
  "--token-auth-file",
  "--endpoint-reconciler-type",
  "--leader-elect",
]);

type FlagEffect = (text: string, options: ControllerOptions) => ControllerOptions;

/** Flags of kube-controller-manager, from their text to the option. */
const CONTROLLER_FLAGS: ReadonlyMap<string, FlagEffect> = new Map<string, FlagEffect>([
  ...nodeFlags([
    ["--node-monitor-period", (text) => ({ nodeMonitorPeriodUs: microseconds(text) })],
    ["--node-monitor-grace-period", (text) => ({ nodeMonitorGracePeriodUs: microseconds(text) })],
    ["--node-eviction-rate", (text) => ({ nodeEvictionRatePerSecond: Number(text) })],
    [
      "--secondary-node-eviction-rate",
      (text) => ({ secondaryNodeEvictionRatePerSecond: Number(text) }),
    ],
    ["--unhealthy-zone-threshold", (text) => ({ unhealthyZoneThreshold: Number(text) })],
    ["--large-cluster-size-threshold", (text) => ({ largeClusterSizeThreshold: Number(text) })],
  ]),
  ...hpaFlags([
    ["--horizontal-pod-autoscaler-sync-period", (text) => ({ syncPeriodUs: microseconds(text) })],
    ["--horizontal-pod-autoscaler-tolerance", (text) => ({ tolerance: Number(text) })],
    [
      "--horizontal-pod-autoscaler-downscale-stabilization",
      (text) => ({ downscaleStabilizationUs: microseconds(text) }),
    ],
  ]),
  ...workerFlags([
    ["--concurrent-deployment-syncs", "concurrentDeploymentSyncs"],
    ["--concurrent-replicaset-syncs", "concurrentReplicaSetSyncs"],
    ["--concurrent-statefulset-syncs", "concurrentStatefulSetSyncs"],
    ["--concurrent-daemonset-syncs", "concurrentDaemonSetSyncs"],
    ["--concurrent-job-syncs", "concurrentJobSyncs"],
    ["--concurrent-cron-job-syncs", "concurrentCronJobSyncs"],
    ["--concurrent-endpoint-syncs", "concurrentEndpointSyncs"],
    ["--concurrent-gc-syncs", "concurrentGcSyncs"],
    ["--concurrent-resource-quota-syncs", "concurrentResourceQuotaSyncs"],
  ]),
  [
    "--terminated-pod-gc-threshold",
    (text, options) => ({
      ...options,
      podGc: { ...options.podGc, terminatedPodGcThreshold: Number(text) },
    }),
  ],
]);

type PartFlags<P> = readonly (readonly [string, (text: string) => Partial<P>])[];

function nodeFlags(
  flags: PartFlags<ControllerOptions["nodeLifecycle"]>,
): readonly (readonly [string, FlagEffect])[] {
  return flags.map(([name, read]) => [
    name,
    (text, options) => ({ ...options, nodeLifecycle: { ...options.nodeLifecycle, ...read(text) } }),
  ]);
}

function hpaFlags(
  flags: PartFlags<ControllerOptions["hpa"]>,
): readonly (readonly [string, FlagEffect])[] {
  return flags.map(([name, read]) => [
    name,
    (text, options) => ({ ...options, hpa: { ...options.hpa, ...read(text) } }),
  ]);
}

function workerFlags(
  flags: readonly (readonly [string, keyof ControllerOptions])[],
): readonly (readonly [string, FlagEffect])[] {
  return flags.map(([name, member]) => [
    name,
    (text, options) => ({ ...options, [member]: Number(text) }),
  ]);
}

/** A Go duration such as 1m30s. */
function microseconds(text: string): number {
  let total = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(/([0-9.]+)(h|ms|us|m|s)/g)) {
    total += Number(amount) * (UNIT_US.get(unit) ?? Number.NaN);
  }
  return Math.round(total);
}

const UNIT_US: ReadonlyMap<string, number> = new Map([
  ["h", 3600 * SECOND_US],
  ["m", 60 * SECOND_US],
  ["s", SECOND_US],
  ["ms", 1_000],
  ["us", 1],
]);

/** Requests per second and burst of a component's client; the default where a flag is absent. */
function clientLimit(file: TimelineFile, component: string, usual: ClientLimit): ClientLimit {
  const flags = flagsOf(file, component);
  const [qps, burst] = [flags["--kube-api-qps"], flags["--kube-api-burst"]];
  if (usual === "unlimited" || (qps === undefined && burst === undefined)) return usual;
  return { qps: Number(qps ?? usual.qps), burst: Number(burst ?? usual.burst) };
}

function flagsOf(file: TimelineFile, component: string): Json {
  const flags = file.config[component];
  return typeof flags === "object" && flags !== null ? (flags as Json) : {};
}

/** What the controllers were told. */
export function optionsOf(file: TimelineFile): ControllerOptions {
  let options = KUBERNETES_CONTROLLER_OPTIONS;
  for (const [name, value] of Object.entries(flagsOf(file, "kube-controller-manager"))) {
    options = CONTROLLER_FLAGS.get(name)?.(String(value), options) ?? options;
  }
  return options;
}

/** What the clients of the components were allowed. */
export function latenciesOf(file: TimelineFile): ControlPlaneLatencies {
  const usual = LATENCIES_KUBERNETES_1_36;
  const { controllerClient, schedulerClient } = usual;
  return {
    ...usual,
    controllerClient: clientLimit(file, "kube-controller-manager", controllerClient),
    schedulerClient: clientLimit(file, "kube-scheduler", schedulerClient),
  };
}

/** Feature gates of the scheduler. */
export function gatesOf(file: TimelineFile): ReadonlyMap<string, boolean> {
  const text = flagsOf(file, "kube-scheduler")["--feature-gates"];
  if (typeof text !== "string") return new Map();
  return new Map(
    text.split(",").map((pair) => {
      const [name = "", value] = pair.split("=");
      return [name, value === "true"];
    }),
  );
}
