// A day of many services: Deployments with probes behind Services, rollouts each hour, nodes that fail.
//
// The full default profile, sampling on, real kubelets and controllers. As a program it runs one size
// in a process of its own and prints one line of JSON:
// node dist-bench/bench/cluster/day-of-life.js 5000

import { pathToFileURL } from "node:url";
import {
  type ActiveRun,
  decodeScenario,
  defaultScheduler,
  prepareRun,
  startRun,
} from "../../src/experiment/index.ts";

/** Twenty pods on each node, five hundred (or as many as there are, over ten) in each Deployment. */
export interface DayOfLifeLoad {
  readonly nodes: number;
  readonly hours: number;
  /** False: matching pods are counted anew at each decision. */
  readonly keepsMatches?: boolean;
}

/** What one size came to. */
export interface DayOfLife {
  readonly nodes: number;
  readonly pods: number;
  readonly events: number;
  readonly attempts: number;
  readonly evictions: number;
  readonly fingerprint: string;
  readonly cpuSeconds: number;
  readonly maxRssBytes: number;
}

const PODS_PER_NODE = 20;
const REPLICAS_MAX = 500;

/** The world at instant 0. */
export function startDayOfLife(load: DayOfLifeLoad): ActiveRun {
  const pods = load.nodes * PODS_PER_NODE;
  const replicas = Math.min(REPLICAS_MAX, Math.ceil(pods / 10));
  const deployments = Math.floor(pods / replicas);
  const rollouts = Array.from({ length: load.hours - 1 }, (_, at) => ({
    at: `${at + 1}h`,
    setImage: { object: `deploy/app-${at % deployments}`, image: `app:${at + 2}` },
  }));
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "day-of-life" },
    run: { study: "terminating", horizon: `${load.hours}h`, seed: "1" },
    cluster: { nodePools: [nodePool(load.nodes)] },
    workload: {
      manifests: [
        { objects: Array.from({ length: deployments }, (_, at) => app(at, replicas)).flat() },
      ],
      edits: rollouts,
    },
    controlPlane: {
      controllerClient: { qps: 200, burst: 300 },
      schedulerClient: { qps: 200, burst: 400 },
    },
    faults: [
      {
        kind: "NodeFailures",
        pool: "node",
        upTime: { law: "exponential", mean: "1500h" },
        repairTime: { law: "lognormal", median: "10m", sigma: 0.5 },
      },
    ],
  };
  const decoded = decodeScenario(scenario);
  if (decoded.scenario === undefined) {
    throw new Error(decoded.problems.map(({ message }) => message).join("; "));
  }
  const scheduler = {
    ...defaultScheduler("default"),
    keepsMatches: load.keepsMatches !== false,
  };
  return startRun(prepareRun({ scenario: decoded.scenario, scheduler }), {});
}

function nodePool(count: number): object {
  return {
    ...{ name: "node", count, zones: ["a", "b", "c"] },
    allocatable: { cpu: "15800m", memory: "58Gi", "ephemeral-storage": "90Gi", pods: "110" },
  };
}

function app(at: number, replicas: number): object[] {
  const name = `app-${at}`;
  const labels = { app: name };
  const requests = { cpu: `${200 + 50 * (at % 10)}m`, memory: `${256 * (1 + (at % 7))}Mi` };
  const probe = { httpGet: { path: "/", port: 80 }, periodSeconds: 10 };
  const container = {
    ...{ name: "c", image: "app:1", resources: { requests } },
    ...{ readinessProbe: { ...probe, initialDelaySeconds: 2 }, livenessProbe: probe },
  };
  return [
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: { name } },
      spec: { selector: labels, ports: [{ port: 80 }] },
    },
    {
      ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name } },
      spec: {
        replicas,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
    },
  ];
}

/** Lets a run go to its horizon; what it came to. Every pod must have found a node. */
export function finishDayOfLife(run: ActiveRun, load: DayOfLifeLoad): DayOfLife {
  while (run.advance(100_000));
  const result = run.finish();
  const { counts, fingerprint } = result;
  if (counts.podsPendingAtEnd > 0)
    throw new Error(`${counts.podsPendingAtEnd} pods are pending at the end`);
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    nodes: load.nodes,
    pods: counts.podsCreated,
    events: run.eventsFired,
    attempts: result.schedulers[0]!.attemptsCount,
    evictions: result.departures.evictedByTaintCount,
    fingerprint,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    maxRssBytes: maxRSS * 1024,
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const load = { nodes: Number(process.argv[2]), hours: Number(process.argv[3] ?? 24) };
  process.stdout.write(`${JSON.stringify(finishDayOfLife(startDayOfLife(load), load))}\n`);
}
