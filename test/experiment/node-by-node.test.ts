// A user's plugin has no faster form: the run says that it was called node by node, and decides alike.

import { describe, expect, it } from "vitest";
import { runScenario, strategyScheduler } from "../../src/experiment/index.ts";
import { definePlugin, type EvaluatorName } from "../../src/scheduler/index.ts";

const NODES = Array.from({ length: 12 }, (_, at) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: `n${at}`, labels: { rank: String(at) } },
  status: { allocatable: { cpu: "2", memory: "4Gi", pods: "110" } },
}));
const PODS = Array.from({ length: 20 }, (_, at) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: `p${at}`, namespace: "default" },
  spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu: "500m" } } }] },
}));
const SCENARIO = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "plain" },
  run: { study: "terminating", horizon: "2m" },
  cluster: { objects: NODES },
  workload: { manifests: [{ at: "1s", objects: PODS }] },
};

const oddNodes = definePlugin({
  name: "OddNodes",
  weight: 3,
  filter: (_pod, node) => Number(node.labels["rank"]) % 5 !== 0 || "rank",
  score: (_pod, node) => (Number(node.labels["rank"]) % 2) * 100,
});

describe("plugins without a faster form", () => {
  it("are named in the notes, and the outcome is that of the plain evaluator", () => {
    const resultOf = (evaluator: EvaluatorName) => {
      const scheduler = { ...strategyScheduler("mine", oddNodes), evaluator };
      return runScenario(SCENARIO, { scheduler });
    };
    const [plain, fused, indexed, both] = (["plain", "fused", "indexed", "both"] as const).map(
      resultOf,
    );
    const messages = (result: typeof plain) =>
      result!.notes.filter(({ code }) => code === "NODE_BY_NODE").map(({ message }) => message);
    expect(messages(plain)).toEqual([]);
    for (const result of [fused, indexed, both]) {
      expect(messages(result)).toEqual(["evaluated node by node: OddNodes"]);
      expect(result!.fingerprint).toBe(plain!.fingerprint);
    }
  });

  it("are not named where every plugin has one", () => {
    expect(runScenario(SCENARIO).notes.filter(({ code }) => code === "NODE_BY_NODE")).toEqual([]);
  });
});
