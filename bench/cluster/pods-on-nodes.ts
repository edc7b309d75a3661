// Pods with lifetimes on 1,000 nodes through the whole control plane, with a null scheduler.
//
// The cluster is in a steady state soon: 10,000 pods run at a time from the fifth minute on, and
// finished ones are removed beyond 12,500. As a program it runs one size in a process of its own and
// prints one line of JSON, so that peak memory of different sizes can be compared:
// node dist-bench/bench/cluster/pods-on-nodes.js 100000

import { pathToFileURL } from "node:url";
import {
  decodeScenario,
  defaultScheduler,
  prepareRun,
  startRun,
} from "../../src/experiment/index.ts";
import type { ActiveRun } from "../../src/experiment/index.ts";
import { NullScheduler } from "../../src/scheduler/index.ts";

/** The load; instants and spans in seconds. */
export interface PodsOnNodesLoad {
  readonly pods: number;
  readonly nodes: number;
  /** Pods that arrive per second. */
  readonly rate: number;
  readonly meanLifetime: number;
  /** Finished pods that are kept. */
  readonly finishedMax: number;
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
export function usualLoad(pods: number): PodsOnNodesLoad {
  return { pods, nodes: 1_000, rate: 100, meanLifetime: 100, finishedMax: 12_500 };
}

/** The world at instant 0. */
export function startPodsOnNodes(
  load: PodsOnNodesLoad,
  check: "none" | "check" = "none",
): ActiveRun {
  const horizon = `${Math.ceil(load.pods / load.rate) + 360 * load.meanLifetime}s`;
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "pods-on-nodes" },
    run: { study: "terminating", until: "drained", horizon, seed: "1" },
    cluster: {
      nodePools: [
        { name: "n", count: load.nodes, allocatable: { cpu: "64", memory: "256Gi", pods: "250" } },
      ],
    },
    workload: {
      generators: [
        {
          name: "p",
          arrivals: { process: "poisson", rate: load.rate, count: load.pods },
          pod: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
            },
          },
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
  const scheduler = {
    ...defaultScheduler("null"),
    startInstead: (api: ConstructorParameters<typeof NullScheduler>[0]) =>
      void new NullScheduler(api),
  };
  return startRun(prepareRun({ scenario: decoded.scenario, scheduler }), { check });
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
export function runPodsOnNodes(pods: number): PodsOnNodes {
  const run = startPodsOnNodes(usualLoad(pods));
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
  process.stdout.write(`${JSON.stringify(runPodsOnNodes(Number(process.argv[2])))}\n`);
}
