// A backlog of equal pods on empty nodes: the workloads on which the real kube-scheduler was timed.
//
// Nodes of 4 cpus, 32 GiB and 110 pods in three zones, pods of 100m and 500 MiB that come faster than
// they are placed and never end. Here the whole control plane runs (API server, watch, kubelets,
// controllers, measures), where the recorded figures hold only what kube-scheduler itself took.

import {
  type ActiveRun,
  decodeScenario,
  defaultScheduler,
  prepareRun,
  startRun,
} from "../../src/experiment/index.ts";
import type { EvaluatorName } from "../../src/scheduler/index.ts";

/** What the pods ask for beside room. */
export const BACKLOGS = ["plain", "zone-spread", "preferred-affinity", "anti-affinity"] as const;
/** One of them. */
export type BacklogName = (typeof BACKLOGS)[number];

const LABELS = { app: "app" };
const SELECTOR = { labelSelector: { matchLabels: LABELS } };
const ON_HOSTS = { ...SELECTOR, topologyKey: "kubernetes.io/hostname" };

const WISHES: Readonly<Record<BacklogName, object>> = {
  plain: {},
  "zone-spread": {
    topologySpreadConstraints: [
      {
        ...{ maxSkew: 1, topologyKey: "topology.kubernetes.io/zone" },
        ...{ whenUnsatisfiable: "DoNotSchedule", ...SELECTOR },
      },
    ],
  },
  "preferred-affinity": {
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: ON_HOSTS }],
      },
    },
  },
  "anti-affinity": {
    affinity: {
      podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [ON_HOSTS] },
    },
  },
};

/** How many pods were recorded on so many nodes: one per node, twice as many plain ones. */
export function backlogPods(name: BacklogName, nodes: number): number {
  return name === "plain" ? 2 * nodes : nodes;
}

const ZONES = ["a", "b", "c"] as const;
const ALLOCATABLE = { cpu: "4", memory: "32Gi", pods: "110" } as const;

/** Metadata and spec of such pods. */
export function backlogPod(name: BacklogName): object {
  const containers = [
    { name: "c", image: "i:1", resources: { requests: { cpu: "100m", memory: "500Mi" } } },
  ];
  return { metadata: { labels: LABELS }, spec: { containers, ...WISHES[name] } };
}

/** The node of that number, as a manifest, for worlds without a control plane. */
export function backlogNode(at: number): object {
  const labels = {
    "kubernetes.io/hostname": `n-${at}`,
    "topology.kubernetes.io/zone": ZONES[at % ZONES.length]!,
  };
  return { metadata: { name: `n-${at}`, labels }, status: { allocatable: ALLOCATABLE } };
}

/** The world at instant 0. */
export function startBacklog(
  name: BacklogName,
  nodes: number,
  evaluator: EvaluatorName,
): ActiveRun {
  const scenario = {
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "backlog" } },
    run: { study: "terminating", until: "drained", seed: "1" },
    cluster: {
      nodePools: [{ name: "n", count: nodes, zones: ZONES, allocatable: ALLOCATABLE }],
    },
    workload: {
      generators: [
        {
          name: "p",
          arrivals: { process: "constant", rate: 100_000, count: backlogPods(name, nodes) },
          pod: backlogPod(name),
        },
      ],
    },
    controlPlane: { preset: "instant" },
  };
  const decoded = decodeScenario(scenario);
  if (decoded.scenario === undefined) {
    throw new Error(decoded.problems.map(({ message }) => message).join("; "));
  }
  const scheduler = { ...defaultScheduler("default"), evaluator };
  return startRun(prepareRun({ scenario: decoded.scenario, scheduler }), {});
}

/** Lets a run go to its end; its fingerprint. Every pod must have found a node. */
export function finishBacklog(run: ActiveRun, pods: number): string {
  while (run.advance(100_000));
  const { counts, fingerprint } = run.finish();
  if (counts.podsBound !== pods) throw new Error(`${counts.podsBound} of ${pods} pods are bound`);
  return fingerprint;
}
