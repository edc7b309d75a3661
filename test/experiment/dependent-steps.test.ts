// Claims about steps that wait for others: they come when the work is done, and not when it fails.

import { describe, expect, it } from "vitest";
import { runScenario } from "../../src/experiment/index.ts";
import type { PodRow } from "../../src/metrics/index.ts";

const job = (name: string, run: string, exit?: string) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name },
  spec: {
    backoffLimit: 0,
    template: {
      metadata: {
        annotations: {
          "podsim.dev/run": run,
          ...(exit === undefined ? {} : { "podsim.dev/exit": exit }),
        },
      },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
    },
  },
});

function run(manifests: readonly object[]) {
  const pods: PodRow[] = [];
  const result = runScenario(
    {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "graph" },
      run: { study: "terminating", until: "drained" },
      cluster: {
        nodePools: [{ name: "n", count: 1, allocatable: { cpu: "8", memory: "8Gi", pods: "110" } }],
      },
      workload: { manifests },
      controlPlane: { preset: "instant" },
    },
    { sinks: { pod: (row) => void pods.push(row) } },
  );
  const created = new Map(
    pods.map((row) => [row.name.replace(/-[a-z0-9]{5}$/, ""), row.createdUs / 1e6]),
  );
  return { result, created };
}
const refusal = (manifests: readonly object[]): string => {
  try {
    run(manifests);
  } catch (error) {
    return String(error);
  }
  return "";
};

describe("a step with `after`", () => {
  it("comes when all Jobs of the steps it names are complete", () => {
    const { created, result } = run([
      { name: "a", objects: [job("a1", "10s"), job("a2", "20s")] },
      { name: "b", at: "5s", objects: [job("b", "30s")] },
      { after: ["a"], objects: [job("c", "1s")] },
      { after: ["a", "b"], objects: [job("d", "1s")] },
    ]);
    expect(result.counts.podsSucceeded).toBe(5);
    expect(created.get("a1")).toBe(0);
    expect(created.get("b")).toBe(5);
    // Jobs count their pods up to a second after they end.
    expect(created.get("c")).toBeGreaterThanOrEqual(20);
    expect(created.get("c")).toBeLessThan(22);
    expect(created.get("d")).toBeGreaterThanOrEqual(35);
    expect(created.get("d")).toBeLessThan(37);
  });

  it("comes no earlier than its `at`, and waits for bare pods too", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", annotations: { "podsim.dev/run": "4s" } },
      spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] },
    };
    const { created } = run([
      { name: "a", objects: [pod] },
      { after: ["a"], objects: [job("now", "1s")] },
      { after: ["a"], at: "1m", objects: [job("later", "1s")] },
    ]);
    expect(created.get("now")).toBe(4);
    expect(created.get("later")).toBe(60);
  });

  it("never comes after work that failed, and the result says why", () => {
    const { created, result } = run([
      { name: "a", objects: [job("a", "1s", "1")] },
      { name: "b", after: ["a"], objects: [job("b", "1s")] },
      { after: ["b"], objects: [job("c", "1s")] },
    ]);
    expect([...created.keys()]).toEqual(["a"]);
    const notes = result.notes
      .filter(({ code }) => code === "NEVER_APPLIED")
      .map(({ message }) => message);
    expect(notes).toEqual([
      "b waits for a: Job default/a failed",
      "step 3 waits for b: Job default/b did not end",
    ]);
  });

  it("is refused when it waits for nobody, for itself by any way round, or under a double name", () => {
    const objects = [job("a", "1s")];
    expect(
      refusal([
        { name: "a", objects },
        { after: ["b"], objects },
      ]),
    ).toContain("there is no step 'b': known are a");
    expect(
      refusal([
        { name: "a", after: ["b"], objects },
        { name: "b", after: ["a"], objects },
      ]),
    ).toContain("steps wait for each other: a after b after a");
    expect(
      refusal([
        { name: "a", objects },
        { name: "a", objects },
      ]),
    ).toContain("the step 'a' stands twice");
  });

  it("costs nothing where it is not used: the same events as without names", () => {
    const plain = run([{ objects: [job("a", "1s")] }]).result;
    const named = run([{ name: "a", objects: [job("a", "1s")] }]).result;
    expect(named.operations.events).toEqual(plain.operations.events);
    expect(named.fingerprint).toBe(plain.fingerprint);
  });
});
