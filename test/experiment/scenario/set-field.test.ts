import { describe, expect, it } from "vitest";
import { decodeScenario } from "../../../src/experiment/scenario/read-scenario.ts";
import { applyOverride } from "../../../src/experiment/scenario/set-field.ts";

const base = {
  apiVersion: "podsim.dev/v1",
  kind: "Scenario",
  metadata: { name: "demo" },
  cluster: {
    nodePools: [{ name: "n", count: 3, zones: ["a"], allocatable: { cpu: 4, pods: 110 } }],
  },
};

const isRefused = (value: unknown, path: readonly (string | number)[]): boolean =>
  decodeScenario(value).problems.some(
    (problem) => problem.severity === "error" && problem.path === pathText(path),
  );
const pathText = (path: readonly (string | number)[]): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === "number" ? `${text}[${step}]` : text ? `${text}.${step}` : step,
    "",
  );

function set(override: string): unknown {
  const outcome = applyOverride(base, override, isRefused);
  return (
    outcome.problem?.message ??
    decodeScenario(outcome.value).scenario ??
    decodeScenario(outcome.value).problems[0]!.message
  );
}

describe("applyOverride", () => {
  it.each([
    ["run.horizon=2h", { run: { horizon: 7_200_000_000 } }],
    ["run.seed=7", { run: { seed: "7" } }],
    ["cluster.nodePools.0.count=40", { cluster: { nodePools: [{ count: 40 }] } }],
    ["cluster.nodePools.0.zones=[a, b]", { cluster: { nodePools: [{ zones: ["a", "b"] }] } }],
    ["metadata.name=7", { metadata: { name: "7" } }],
    ["metadata.name=no", { metadata: { name: "no" } }],
    ["metadata.description=", { metadata: { description: "" } }],
    ["metadata.description=a: b", { metadata: { description: "a: b" } }],
    ["controlPlane.preset=instant", { controlPlane: { preset: "instant" } }],
    ["cluster.nodePools.0.zones.-=b", { cluster: { nodePools: [{ zones: ["a", "b"] }] } }],
    ["faults.-={kind: NodeCrash, node: n-0, at: 1m}", { faults: [{ kind: "NodeCrash" }] }],
  ])("takes %s for what the field wants", (override, expected) => {
    expect(set(override)).toMatchObject(expected);
  });

  it.each([
    ["horizon", "'horizon' is no override: write path=value, such as run.horizon=2h"],
    ["=1", "'=1' is no override: write path=value, such as run.horizon=2h"],
    ["run..seed=1", "'run..seed=1' has an empty step in its path"],
    ["__proto__.x=1", "'__proto__.x=1' names no field"],
    ["cluster.nodePools.1.count=2", "cluster.nodePools[1]: there are 1 items, the last is 0"],
    [
      "cluster.nodePools.first.count=2",
      "cluster.nodePools.first: a list item is named by its number, from 0, or - for a new one",
    ],
    ["cluster.nodePools.-.count=2", "cluster.nodePools[1]: a new list item is given whole"],
    ["kind.x=1", "kind: there is no field inside a single value"],
    ["run.horizn=1h", "unknown field"],
    ["run.replications=0", "must be a whole number from 1 to 100000, not 0"],
  ])("refuses %s", (override, message) => {
    expect(set(override)).toBe(message);
  });

  it("leaves the value it was given alone", () => {
    const before = JSON.stringify(base);
    applyOverride(base, "cluster.nodePools.0.count=40", isRefused);
    expect(JSON.stringify(base)).toBe(before);
  });
});
