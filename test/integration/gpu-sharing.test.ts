// Claims about GPU sharing in whole runs: with the plugin named in a configuration, pods of a scenario
// share devices through their lives, wait for a device, and preempt for one.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isFinishedPhase } from "../../src/cluster/index.ts";
import { decodeScenario, prepareRun, runToEnd, startRun } from "../../src/experiment/index.ts";
import type { PodRow } from "../../src/metrics/index.ts";
import { FeasibilityChecker } from "./feasibility-checker.ts";

type Json = Record<string, unknown>;

const TRACE = new URL("../../../shared/data/openb/", import.meta.url);
const MILLI = "alibabacloud.com/gpu-milli";

/** kube-scheduler's default profile with these plugins added. */
function sharing(...plugins: readonly string[]): Json {
  const enabled = plugins.map((name) => ({ name }));
  return {
    name: "sharing",
    config: {
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      profiles: [{ plugins: { multiPoint: { enabled } } }],
    },
  };
}

function prepared(parts: Json, files: Parameters<typeof prepareRun>[0]["files"] = new Map()) {
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "gpus" },
    run: { study: "terminating", until: "drained", horizon: "1h", seed: "1" },
    ...parts,
  });
  expect(problems).toEqual([]);
  return prepareRun({ scenario: scenario!, document: document!, files: files! });
}

/** Pods that come one a second from `from` on and run for a minute. */
function stream(name: string, milli: number, count: number, more: Json = {}): Json {
  const { from = "0s", ...spec } = more;
  return {
    name,
    arrivals: { process: "constant", interval: "1s", count, from },
    duration: { law: "constant", value: 60 },
    pod: {
      metadata: { annotations: { [MILLI]: String(milli) } },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i:1" }], ...spec },
    },
  };
}

function runOn(gpus: number, generators: readonly Json[], objects: readonly Json[] = []) {
  const allocatable = { cpu: "8", memory: "32Gi", pods: "110", "nvidia.com/gpu": String(gpus) };
  const rows = new Map<string, PodRow>();
  const messages: string[] = [];
  const result = runToEnd(
    prepared({
      cluster: { nodePools: [{ name: "n", count: 1, allocatable }], objects },
      workload: { generators },
      schedulers: [sharing("GpuShare")],
    }),
    {
      check: "deep",
      sinks: {
        pod: (row) => rows.set(row.name, row),
        decision: ({ message }) => {
          if (message !== "") messages.push(message);
        },
      },
    },
  );
  return { result, rows, messages };
}

describe("GPU sharing in a run", () => {
  it("lets two pods share a device, and the third waits until one of them is done", () => {
    const { result, rows, messages } = runOn(1, [stream("p", 400, 3)]);
    expect(result.counts).toMatchObject({ podsBound: 3, podsSucceeded: 3 });
    expect(rows.get("p-1")!.boundUs).toBeLessThan(rows.get("p-0")!.finishedUs!);
    expect(rows.get("p-2")!.boundUs).toBeGreaterThan(rows.get("p-0")!.finishedUs!);
    expect(messages[0]).toContain("0/1 nodes are available: 1 Insufficient GPU on one device.");
  });

  it("keeps pods apart that fit the node but no single device", () => {
    const { rows } = runOn(2, [stream("p", 600, 3)]);
    expect(rows.get("p-1")!.boundUs).toBeLessThan(rows.get("p-0")!.finishedUs!);
    expect(rows.get("p-2")!.boundUs).toBeGreaterThan(rows.get("p-0")!.finishedUs!);
  });

  it("lets a pod of higher priority take the device of a lower one", () => {
    const high = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name: "high" },
      value: 1000,
    };
    const urgent = stream("urgent", 700, 1, { from: "10s", priorityClassName: "high" });
    const { rows } = runOn(1, [stream("low", 500, 1), urgent], [high]);
    // Left alone the first pod would run a minute; it is told to go, and goes at once.
    expect(rows.get("low-0")!.finishedUs).toBeLessThan(30e6);
    expect(rows.get("urgent-0")!.boundUs).toBeLessThan(30e6);
  });

  it("names the plugins that it does not know", () => {
    expect(() => prepared({ cluster: {}, schedulers: [sharing("GpuShares")] })).toThrow(
      "GpuShares",
    );
  });
});

describe.skipIf(!existsSync(TRACE))("GPU sharing on openb (skipped: ../shared is absent)", () => {
  it("holds at every bind, through 149 days, and nothing is left out of the simulation", () => {
    const bytesOf = (name: string) => readFileSync(new URL(name, TRACE));
    const input = prepared(
      {
        run: { study: "terminating", until: "drained", horizon: "4000h", seed: "1" },
        cluster: {},
        workload: { traces: [{ format: "openb", files: ["nodes.csv", "pods.csv"] }] },
        schedulers: [sharing("GpuShare")],
      },
      new Map([
        ["nodes.csv", { name: "nodes.csv", bytes: bytesOf("openb_node_list_gpu_node.csv") }],
        ["pods.csv", { name: "pods.csv", bytes: bytesOf("openb_pod_list_default.csv") }],
      ]),
    );
    expect(input.notes.filter(({ changesScheduling }) => changesScheduling)).toEqual([]);
    const run = startRun(input, {});
    const checker = new FeasibilityChecker(run.api);
    const devices = new DeviceChecker();
    run.api.observe({
      onPod: ({ uid, kind, nodeAfter, phaseAfter, templateAfter }) => {
        const isOver = kind === "Deleted" || isFinishedPhase(phaseAfter);
        if (isOver) devices.release(uid);
        else if (nodeAfter >= 0) {
          const { allocatable } = run.api.nodes.facts(nodeAfter);
          const gpus = allocatable.scalars.get("nvidia.com/gpu") ?? 0;
          const whole = templateAfter.requests.scalars.get("nvidia.com/gpu") ?? 0;
          devices.take(
            uid,
            nodeAfter,
            gpus,
            whole,
            Number(templateAfter.annotations.get(MILLI) ?? 0),
          );
        }
      },
    });
    while (run.advance(100_000));
    const { counts } = run.finish();
    expect([...checker.faults, ...devices.faults].slice(0, 5)).toEqual([]);
    expect(devices.shareCount).toBe(3078);
    expect(counts).toMatchObject({ podsBound: 8152, podsSucceeded: 8152 });
  });
});

/** What must hold on every node: the sum of the GPUs, and no device for two of more than half. */
class DeviceChecker {
  readonly faults: string[] = [];
  shareCount = 0;
  private readonly held = new Map<number, { node: number; milli: number; isLarge: number }>();
  private readonly sums = new Map<number, { milli: number; large: number }>();

  take(uid: number, node: number, gpus: number, whole: number, share: number): void {
    if (this.held.has(uid) || whole + share === 0) return;
    if (share > 0) this.shareCount++;
    const held = { node, milli: whole * 1000 + share, isLarge: whole + (share > 500 ? 1 : 0) };
    this.held.set(uid, held);
    const sum = this.sums.get(node) ?? { milli: 0, large: 0 };
    this.sums.set(node, sum);
    sum.milli += held.milli;
    sum.large += held.isLarge;
    if (sum.milli > gpus * 1000) this.faults.push(`node ${node} has ${sum.milli} on ${gpus} GPUs`);
    if (sum.large > gpus) this.faults.push(`node ${node}: ${sum.large} large ones on ${gpus} GPUs`);
  }

  release(uid: number): void {
    const held = this.held.get(uid);
    if (held === undefined) return;
    this.held.delete(uid);
    const sum = this.sums.get(held.node)!;
    sum.milli -= held.milli;
    sum.large -= held.isLarge;
  }
}
