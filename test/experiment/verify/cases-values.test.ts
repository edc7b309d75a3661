// Claims about the recorded value cases: all agree, and a wrong expectation is seen.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { valueCaseKinds } from "../../../src/experiment/verify/cases-values.ts";

const CASES = new URL("../../../../shared/conformance/cases/", import.meta.url);

function evaluate(
  recorded: Record<string, unknown>,
): ReturnType<NonNullable<ReturnType<(typeof valueCaseKinds)["get"]>>> {
  return valueCaseKinds.get(String(recorded["kind"]))!(recorded);
}

describe.skipIf(!existsSync(CASES))("recorded value cases (skipped: ../shared is absent)", () => {
  it.each([
    ["quantities.jsonl", 5087, 0],
    ["examples.jsonl", 24, 0],
  ])("of %s agree", (file, count, unsupported) => {
    const outcomes = readFileSync(new URL(file, CASES), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line))
      .filter((recorded) => valueCaseKinds.has(recorded.kind))
      .map(evaluate);
    expect(outcomes.length).toBe(count);
    expect(outcomes.filter((outcome) => outcome.kind === "unsupported").length).toBe(unsupported);
    expect(outcomes.flatMap((o) => (o.kind === "checked" ? o.differences : []))).toEqual([]);
  });
});

describe("a wrong expectation", () => {
  it.each([
    { kind: "quantity-parse", input: "1k", expect: { value: "1001" } },
    { kind: "quantity-parse", input: "1k", expect: { error: "unable" } },
    { kind: "quantity-parse", input: "1K", expect: { value: "1" } },
    { kind: "label-selector-parse", input: "a in (b)", expect: { selector: "a" } },
    { kind: "label-selector-match", input: { selector: "a", labels: {} }, expect: { match: true } },
    {
      kind: "label-requirement",
      input: { key: "a", operator: "in", values: [] },
      expect: { selector: "a" },
    },
    { kind: "PodRequests", input: { pod: { spec: {} } }, expect: { result: { cpu: "1" } } },
    {
      kind: "PodLimits",
      input: { pod: { spec: { containers: [{ resources: { limits: { cpu: "1" } } }] } } },
      expect: { result: {} },
    },
    { kind: "NodeSelectorMatch", input: { node: null, nodeSelector: {} }, expect: { match: true } },
    { kind: "RequiredNodeAffinityMatch", input: { pod: {}, node: {} }, expect: { match: false } },
    { kind: "MatchNodeSelectorTerms", input: {}, expect: { match: true } },
    {
      kind: "NodeSelectorRequirementsAsSelector",
      input: { requirements: [{ key: "a", operator: "Exists" }] },
      expect: { selector: "" },
    },
  ])("is a difference: $kind $expect", (recorded) => {
    const outcome = evaluate({ name: "made up", ...recorded });
    expect(outcome.kind === "checked" && outcome.differences.length).toBeGreaterThan(0);
  });
});

describe("values in corners that random comparison with Kubernetes 1.36.3 brought up", () => {
  const podLevel = {
    spec: { containers: [], resources: { requests: { memory: "2Gi" } } },
    status: { resources: { requests: { memory: "4Gi" } } },
  };
  const resize = { InPlacePodLevelResourcesVerticalScalingEnabled: true };

  it.each<[string, object]>([
    [
      "a float that is written as a large integer",
      { kind: "quantity-parse", input: "100E", expect: { approxFloat64: 100000000000000000000n } },
    ],
    [
      "resources reported of a pod, without its gate",
      {
        kind: "PodRequests",
        input: { pod: podLevel, options: { UseStatusResources: true } },
        expect: { result: { memory: "2Gi" } },
      },
    ],
    [
      "resources reported of a pod, with its gate",
      {
        kind: "PodRequests",
        input: { pod: podLevel, options: { UseStatusResources: true, ...resize } },
        expect: { result: { memory: "4Gi" } },
      },
    ],
    [
      "no node, whatever the terms are",
      {
        kind: "MatchNodeSelectorTerms",
        input: {
          node: null,
          nodeSelector: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "a", operator: "Lt", values: ["x"] }] },
            ],
          },
        },
        expect: { match: false },
      },
    ],
    [
      "a node without a name, which has no fields",
      {
        kind: "NodeSelectorMatch",
        input: {
          node: { metadata: {} },
          nodeSelector: {
            nodeSelectorTerms: [
              { matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] },
            ],
          },
        },
        expect: { match: true },
      },
    ],
    [
      "the selector of nothing, written as empty text",
      {
        kind: "label-selector-match",
        input: { selector: "", labels: { a: "b" } },
        expect: { match: false },
      },
    ],
  ])("%s", (_, recorded) => {
    expect(evaluate(recorded as never)).toEqual({ kind: "checked", differences: [] });
  });
});
