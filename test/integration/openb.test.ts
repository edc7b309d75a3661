// Claims about a whole public GPU trace: 1,523 nodes, 8,152 pods, 149 days, under every policy.
//
// Every bind is judged by a checker of its own, and the trace's own lists are counted a second time.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";
import type { PodIndex } from "../../src/cluster/index.ts";
import { FeasibilityChecker } from "./feasibility-checker.ts";
import { messageFault } from "./upstream-messages.ts";

const FOLDER = new URL("../../../shared/data/openb/", import.meta.url);
const NODES = "openb_node_list_all_node.csv";
const PODS = "openb_pod_list_default.csv";
const POLICIES = [
  "default",
  "first-fit",
  "best-fit",
  "worst-fit",
  "random",
  "round-robin",
  "dot-product",
];

function bytesOf(name: string): Uint8Array {
  return readFileSync(new URL(name, FOLDER));
}

function cellsOf(name: string): string[][] {
  const [, ...rows] = new TextDecoder().decode(bytesOf(name)).trim().split(/\r?\n/);
  return rows.map((row) => row.split(","));
}

function prepared(policy: string, options: { nodes?: string; pods?: string } = {}) {
  const reading = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "openb" },
    run: { study: "terminating", until: "drained", horizon: "4000h", seed: "1" },
    cluster: {},
    workload: { traces: [{ format: "openb", files: ["nodes.csv", "pods.csv"] }] },
    schedulers: policy === "default" ? [] : [{ name: policy, policy }],
  });
  expect(reading.problems).toEqual([]);
  const files = new Map([
    ["nodes.csv", { name: "nodes.csv", bytes: bytesOf(options.nodes ?? NODES) }],
    ["pods.csv", { name: "pods.csv", bytes: bytesOf(options.pods ?? PODS) }],
  ]);
  return prepareRun({ scenario: reading.scenario!, document: reading.document!, files });
}

describe.skipIf(!existsSync(FOLDER))("the openb trace (skipped: ../shared is absent)", () => {
  it("stops the command because shares of GPUs are left out, and counts them", () => {
    const blocking = prepared("default").notes.filter((note) => note.changesScheduling);
    const shares = cellsOf(PODS).filter((cells) => cells[3] === "1" && Number(cells[4]) < 1000);
    expect(blocking).toMatchObject([{ code: "GPU_SHARE_IGNORED", count: shares.length }]);
  });

  it.each(POLICIES)("runs to its end under %s, and every bind was allowed", (policy) => {
    const run = startRun(prepared(policy), {});
    const checker = new FeasibilityChecker(run.api);
    while (run.advance(100_000));
    const result = run.finish();
    expect(checker.faults.slice(0, 5)).toEqual([]);
    expect(checker.bindCount).toBe(8152);
    expect(result.end).toMatchObject({ reason: "drained", partial: false });
    expect(result.counts).toMatchObject({
      nodes: cellsOf(NODES).length,
      podsCreated: cellsOf(PODS).length,
      podsBound: 8152,
      podsSucceeded: 8152,
      podsPendingAtEnd: 0,
    });
    // The last deletion of the list, and the seconds that a pod needs to start and be noticed.
    const last = Math.max(...cellsOf(PODS).map((cells) => Number(cells[9])));
    expect(result.end.atUs).toBeGreaterThanOrEqual(last * 1e6);
    expect(result.end.atUs).toBeLessThan((last + 60) * 1e6);
    // Idle days cost nothing: all events come from pods, none from the passing of time.
    expect(run.eventsFired).toBeLessThan(8152 * 60);
  });

  it("leaves a pod waiting only if no node has room, on a cluster that is too small", () => {
    const pods = "openb_pod_list_multigpu50.csv";
    const nodes = "openb_node_list_gpu_node.csv";
    const run = startRun(prepared("default", { nodes, pods }), {});
    const checker = new FeasibilityChecker(run.api);
    while (run.advance(100_000));
    const waiting: PodIndex[] = [];
    run.api.pods.forEach((pod) => {
      if (run.api.pods.node(pod) < 0) waiting.push(pod);
    });
    const result = run.finish();
    expect(checker.faults.slice(0, 5)).toEqual([]);
    expect(result.counts.podsCreated).toBe(cellsOf(pods).length);
    expect(waiting.length).toBe(result.counts.podsCreated - result.counts.podsBound);
    expect(waiting.length).toBeGreaterThan(500);
    expect(waiting.filter((pod) => checker.findRoomFor(pod) !== undefined)).toEqual([]);
    for (const { message } of result.pendingAtEnd)
      expect(messageFault(message, cellsOf(nodes).length)).toBeUndefined();
  });
});
