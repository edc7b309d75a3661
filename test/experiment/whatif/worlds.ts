// Small clusters with known answers, and the shortest way to ask about them.

import { hasErrors } from "../../../src/base/index.ts";
import { decodeScenario, prepareRun, type PreparedRun } from "../../../src/experiment/index.ts";
import {
  answerWhatif,
  changedWorld,
  type WhatifPair,
  type WhatifPairOptions,
} from "../../../src/experiment/whatif/answer-whatif.ts";
import type { Change } from "../../../src/experiment/whatif/change.ts";
import { parseChange } from "../../../src/experiment/whatif/parse-change.ts";
import type { InputBytes } from "../../../src/experiment/run-input.ts";
import type { WhatifPod, WhatifRecord } from "../../../src/metrics/index.ts";

export const ALLOCATABLE = { cpu: "4", memory: "16Gi", pods: "110" };

/** Six nodes in three zones, and whatever is applied at time zero. */
export function scenario(objects: readonly object[], more: object = {}): object {
  return {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "shop" },
    run: { study: "terminating", horizon: "30m", seed: "1" },
    cluster: {
      nodePools: [{ name: "n", count: 6, zones: ["a", "b", "c"], allocatable: ALLOCATABLE }],
    },
    workload: { manifests: [{ objects }] },
    ...more,
  };
}

export function deployment(
  name: string,
  replicas: number,
  cpu = "500m",
  spec: object = {},
): object {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [{ name: "main", image: "web:1", resources: { requests: { cpu } } }],
          ...spec,
        },
      },
    },
  };
}

export function budget(name: string, minAvailable: number): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { minAvailable, selector: { matchLabels: { app: name } } },
  };
}

export function prepared(value: object, extra: readonly InputBytes[] = []): PreparedRun {
  const reading = decodeScenario(value, { file: "scenario", hasOtherObjects: extra.length > 0 });
  if (reading.scenario === undefined || hasErrors(reading.problems))
    throw new Error(JSON.stringify(reading.problems));
  return prepareRun({ scenario: reading.scenario, extra });
}

export function changesOf(texts: readonly string[]): Change[] {
  return texts.map((text) => {
    const parsed = parseChange(text);
    if ("code" in parsed) throw new Error(parsed.message);
    return parsed;
  });
}

export interface AskOptions extends WhatifPairOptions {
  readonly reschedule?: boolean;
  readonly files?: ReadonlyMap<string, InputBytes>;
}

export function askPair(
  run: PreparedRun,
  texts: readonly string[],
  options: AskOptions = {},
): WhatifPair {
  const { reschedule = false, files = new Map(), ...pair } = options;
  const world = changedWorld(run, { changes: changesOf(texts), reschedule, files });
  return answerWhatif(world, pair);
}

export function ask(value: object, ...texts: readonly string[]): WhatifRecord {
  return askPair(prepared(value), texts).record;
}

export function outcomes(record: WhatifRecord): Record<string, number> {
  return Object.fromEntries(Object.entries(record.counts).filter(([, count]) => count > 0));
}

export function podsWith(
  record: WhatifRecord,
  outcome: WhatifPod["outcome"],
): readonly WhatifPod[] {
  return record.pods.filter((pod) => pod.outcome === outcome);
}

/** A dump as kubectl would give it: three nodes, a Deployment with its ReplicaSet, pods that run. */
export function dump(
  podNodes: readonly string[],
  cpu = "500m",
  nodeNames = ["n-0", "n-1", "n-2"],
): InputBytes {
  const template = {
    metadata: { labels: { app: "web", "pod-template-hash": "abc" } },
    spec: { containers: [{ name: "main", image: "web:1", resources: { requests: { cpu } } }] },
  };
  const owner = (kind: string, name: string, uid: string) => [
    { apiVersion: "apps/v1", kind, name, uid, controller: true },
  ];
  const selector = { matchLabels: { app: "web" } };
  const items: object[] = [
    ...nodeNames.map((name, at) => ({
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name,
        uid: `node-${at}`,
        labels: {
          "kubernetes.io/hostname": name,
          "topology.kubernetes.io/zone": "abc"[at % 3],
          "eks.amazonaws.com/nodegroup": "old",
        },
      },
      status: {
        capacity: ALLOCATABLE,
        allocatable: ALLOCATABLE,
        conditions: [{ type: "Ready", status: "True" }],
      },
    })),
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace: "default", uid: "d-1", generation: 1 },
      spec: {
        replicas: podNodes.length,
        selector,
        template: { ...template, metadata: { labels: { app: "web" } } },
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: "web-abc",
        namespace: "default",
        uid: "rs-1",
        labels: { app: "web", "pod-template-hash": "abc" },
        annotations: { "deployment.kubernetes.io/revision": "1" },
        ownerReferences: owner("Deployment", "web", "d-1"),
      },
      spec: {
        replicas: podNodes.length,
        selector: { matchLabels: { app: "web", "pod-template-hash": "abc" } },
        template,
      },
    },
    ...podNodes.map((nodeName, at) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: `web-abc-${at}`,
        namespace: "default",
        uid: `p-${at}`,
        labels: template.metadata.labels,
        ownerReferences: owner("ReplicaSet", "web-abc", "rs-1"),
      },
      spec: { ...template.spec, nodeName },
      status: {
        phase: "Running",
        conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({
          type,
          status: "True",
        })),
      },
    })),
  ];
  const text = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  return { name: "dump.json", bytes: new TextEncoder().encode(text) };
}

/** A dump under the default scenario of the command line. */
export function dumpRun(extra: InputBytes): PreparedRun {
  return prepared(
    {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "dump" },
      run: { study: "terminating", until: "drained", horizon: "1h" },
    },
    [extra],
  );
}
