// Pods with lifetimes on 1,000 nodes through the whole control plane, with a null scheduler.
//
// As a program it runs one size in a process of its own and prints one line of JSON, so that peak
// memory of different sizes can be compared: node dist-bench/bench/cluster/pods-on-nodes.js 100000

import { pathToFileURL } from "node:url";
import {
  decodeScenario,
  defaultScheduler,
  prepareRun,
  startRun,
} from "../../src/experiment/index.ts";
import { NullScheduler } from "../../src/scheduler/index.ts";

/** What one size came to. */
export interface PodsOnNodes {
  readonly pods: number;
  readonly events: number;
  readonly fingerprint: string;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

const NODES = 1_000;
/** About 30 pods per node at any time: 100 arrivals a second that run 300 s each on average. */
const RATE_PER_SECOND = 100;

/** Runs `pods` pods to their end. */
export function runPodsOnNodes(pods: number): PodsOnNodes {
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "pods-on-nodes" },
    run: {
      study: "terminating",
      until: "drained",
      horizon: `${Math.ceil(pods / RATE_PER_SECOND) + 36_000}s`,
      seed: "1",
    },
    cluster: {
      nodePools: [
        { name: "n", count: NODES, allocatable: { cpu: "64", memory: "256Gi", pods: "250" } },
      ],
    },
    workload: {
      generators: [
        {
          name: "p",
          arrivals: { process: "poisson", rate: RATE_PER_SECOND, count: pods },
          pod: {
            spec: {
              restartPolicy: "Never",
              containers: [{ name: "c", image: "i:1", resources: { requests: { cpu: "1" } } }],
            },
          },
          duration: { law: "exponential", mean: "300s" },
        },
      ],
    },
    controlPlane: { preset: "instant" },
  };
  const decoded = decodeScenario(scenario);
  if (decoded.scenario === undefined)
    throw new Error(decoded.problems.map((problem) => problem.message).join("; "));
  const scheduler = {
    ...defaultScheduler("null"),
    startInstead: (api: ConstructorParameters<typeof NullScheduler>[0]) =>
      void new NullScheduler(api),
  };
  const run = startRun(prepareRun({ scenario: decoded.scenario, scheduler }));
  while (run.advance(100_000));
  const result = run.finish();
  if (result.counts.podsSucceeded !== pods)
    throw new Error(`${result.counts.podsSucceeded} of ${pods} pods succeeded`);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    pods,
    events: run.eventsFired,
    fingerprint: result.fingerprint,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssBytes: maxRSS * 1024,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(`${JSON.stringify(runPodsOnNodes(Number(process.argv[2])))}\n`);
}
