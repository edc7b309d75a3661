// A user's plugin has no faster form: the run says that it was called node by node, and decides alike.

import { describe, expect, it } from "vitest";
import { runScenario, strategyScheduler } from "../../src/experiment/index.ts";
import {
  definePlugin,
  EvaluatorDifference,
  type EvaluatorName,
  type PluginHooks,
} from "../../src/scheduler/index.ts";

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

const HOOKS: Pick<PluginHooks, "filter" | "score"> = {
  filter: (_pod, node) => Number(node.labels["rank"]) % 5 !== 0 || "rank",
  score: (_pod, node) => (Number(node.labels["rank"]) % 2) * 100,
};
const oddNodes = definePlugin({ ...HOOKS, name: "OddNodes", weight: 3 });

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

  it("have one when they name the class of a pod", () => {
    const keyed = definePlugin({ ...HOOKS, name: "OddNodes", weight: 3, classKey: () => "all" });
    const resultOf = (evaluator: EvaluatorName) =>
      runScenario(SCENARIO, { scheduler: { ...strategyScheduler("mine", keyed), evaluator } });
    const plain = resultOf("plain");
    for (const evaluator of ["fused", "indexed", "both"] as const) {
      const { notes, fingerprint } = resultOf(evaluator);
      expect(notes.filter(({ code }) => code === "NODE_BY_NODE")).toEqual([]);
      expect(fingerprint).toBe(plain.fingerprint);
    }
  });

  it("are found out by both when the key leaves out what they read", () => {
    const lying = definePlugin({
      name: "Lying",
      classKey: () => "",
      filter: (pod, node) => pod.name.length % 2 !== Number(node.labels["rank"]) % 2 || "no",
    });
    const scheduler = { ...strategyScheduler("mine", lying), evaluator: "both" as const };
    expect(() => runScenario(SCENARIO, { scheduler })).toThrow(EvaluatorDifference);
  });

  it("may not look wider than one node when they name the class", () => {
    const wide = { ...HOOKS, name: "Wide", classKey: () => "", preScore: () => true as const };
    expect(() => definePlugin(wide)).toThrow("classKey and preScore");
  });

  it("are not named where every plugin has one", () => {
    expect(runScenario(SCENARIO).notes.filter(({ code }) => code === "NODE_BY_NODE")).toEqual([]);
  });
});
