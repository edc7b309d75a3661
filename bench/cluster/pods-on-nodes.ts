// Pods with lifetimes through the whole control plane: on 1,000 nodes with a null scheduler, or on
// 10,000 nodes with the full default profile.
//
// The cluster is in a steady state soon: ten pods per node run at a time from the fifth minute on, and
// finished ones are removed beyond 12,500. As a program it runs one size in a process of its own and
// prints one line of JSON, so that peak memory of different sizes can be compared:
// node dist-bench/bench/cluster/pods-on-nodes.js 100000 [default]

import { pathToFileURL } from "node:url";
import {
  decodeScenario,
  defaultScheduler,
  prepareRun,
  startRun,
} from "../../src/experiment/index.ts";
import type { ActiveRun } from "../../src/experiment/index.ts";
import { type EvaluatorName, NullScheduler } from "../../src/scheduler/index.ts";

/** The load; instants and spans in seconds. */
export interface PodsOnNodesLoad {
  readonly pods: number;
  readonly nodes: number;
  /** Pods that arrive per second. */
  readonly rate: number;
  readonly meanLifetime: number;
  /** Finished pods that are kept. */
  readonly finishedMax: number;
  /**
   * What schedules: a scheduler that only binds in turn, or the full default profile with its default
   * sampling, over nodes in three zones, a tenth of them with a taint that is not liked, and pods of
   * twenty sizes, each size behind a Service, so that default spreading counts them.
   */
  readonly scheduler: "null" | "default";
  /** Nodes and pods as under that scheduler; absent: under the one that runs. */
  readonly worldOf?: "null" | "default";
  /** Under the full profile: what decides; the indexed evaluator where absent. */
  readonly evaluator?: EvaluatorName;
  /** In that profile's world: sizes of pods, 20 where absent; applications are always 20. */
  readonly sizes?: number;
}

/** What one size came to. */
export interface PodsOnNodes {
  readonly pods: number;
  readonly events: number;
  readonly fingerprint: string;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

/** The load of the published figures. */
export function usualLoad(
  pods: number,
  scheduler: PodsOnNodesLoad["scheduler"] = "null",
): PodsOnNodesLoad {
  const [nodes, rate] = scheduler === "null" ? [1_000, 100] : [10_000, 1_000];
  return { pods, nodes, rate, meanLifetime: 100, finishedMax: 12_500, scheduler };
}

/** The world at instant 0. */
export function startPodsOnNodes(
  load: PodsOnNodesLoad,
  check: "none" | "check" = "none",
): ActiveRun {
  const world = load.worldOf ?? load.scheduler;
  const horizon = `${Math.ceil(load.pods / load.rate) + 360 * load.meanLifetime}s`;
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "pods-on-nodes" },
    run: { study: "terminating", until: "drained", horizon, seed: "1" },
    cluster: { nodePools: world === "null" ? [plainPool(load.nodes)] : pools(load.nodes) },
    workload: {
      manifests: world === "null" ? [] : [{ objects: APPS.map(service) }],
      generators: [
        {
          name: "p",
          arrivals: { process: "poisson", rate: load.rate, count: load.pods },
          ...(world === "null" ? { pod: PLAIN_POD } : { mix: sizes(load).map(sizedPod) }),
          duration: { law: "exponential", mean: `${load.meanLifetime}s` },
        },
      ],
    },
    controlPlane: { preset: "instant", terminatedPodGCThreshold: load.finishedMax },
  };
  const decoded = decodeScenario(scenario);
  if (decoded.scenario === undefined) {
    throw new Error(decoded.problems.map(({ message }) => message).join("; "));
  }
  const nullScheduler = {
    ...defaultScheduler("null"),
    startInstead: (api: ConstructorParameters<typeof NullScheduler>[0]) =>
      void new NullScheduler(api),
  };
  const { evaluator = "indexed" } = load;
  const scheduler =
    load.scheduler === "null" ? nullScheduler : { ...defaultScheduler("default"), evaluator };
  return startRun(prepareRun({ scenario: decoded.scenario, scheduler }), { check });
}

function plainPool(count: number): object {
  return { name: "n", count, allocatable: { cpu: "64", memory: "256Gi", pods: "250" } };
}

const PLAIN_POD = {
  spec: {
    restartPolicy: "Never",
    containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
  },
};

/** One application per size of pods. */
const APPS: readonly number[] = Array.from({ length: 20 }, (_, at) => at);

function pools(nodes: number): object[] {
  const tainted = Math.floor(nodes / 10);
  const pool = {
    ...{ zones: ["a", "b", "c"], allocatable: { cpu: "16", memory: "64Gi", pods: "110" } },
  };
  const taints = [{ key: "old", value: "yes", effect: "PreferNoSchedule" }];
  return [
    { ...pool, name: "n", count: nodes - tainted },
    { ...pool, name: "old", count: tainted, taints },
  ];
}

function service(app: number): object {
  const selector = { app: `app-${app}` };
  return {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: `app-${app}` } },
    spec: { type: "ExternalName", externalName: "x.example", selector },
  };
}

function sizes({ sizes: wanted = APPS.length }: PodsOnNodesLoad): readonly number[] {
  return Array.from({ length: wanted }, (_, at) => at);
}

function sizedPod(size: number): object {
  const app = size % APPS.length;
  const milliCpu = 500 + 50 * app + Math.floor(size / APPS.length);
  const requests = { cpu: `${milliCpu}m`, memory: `${1 + (app % 7)}Gi` };
  return {
    weight: 1,
    pod: {
      metadata: { labels: { app: `app-${app}` } },
      spec: {
        restartPolicy: "Never",
        containers: [{ name: "c", image: `app-${app}:1`, resources: { requests } }],
      },
    },
  };
}

/** Lets a run go to its end; its fingerprint. Every pod must have succeeded. */
export function finishPodsOnNodes(run: ActiveRun, pods: number): string {
  while (run.advance(100_000));
  const { counts, fingerprint } = run.finish();
  if (counts.podsSucceeded !== pods)
    throw new Error(`${counts.podsSucceeded} of ${pods} pods succeeded`);
  return fingerprint;
}

/** Runs `pods` pods to their end and looks at this process afterwards. */
export function runPodsOnNodes(load: PodsOnNodesLoad): PodsOnNodes {
  const { pods } = load;
  const run = startPodsOnNodes(load);
  const fingerprint = finishPodsOnNodes(run, pods);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    pods,
    events: run.eventsFired,
    fingerprint,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssBytes: maxRSS * 1024,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const load = usualLoad(
    Number(process.argv[2]),
    process.argv[3] === "default" ? "default" : "null",
  );
  process.stdout.write(`${JSON.stringify(runPodsOnNodes(load))}\n`);
}
