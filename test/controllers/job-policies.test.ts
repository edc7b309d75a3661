// What Jobs may ask for beyond counts: policies for failures and successes, limits per index, a start
// that waits, another controller. Times are those of the stand-in kubelet.
import { describe, expect, it } from "vitest";
import type { PodFailureRule } from "../../src/cluster/index.ts";
import {
  failureAction,
  isSuccessPolicyMet,
  parseIndexes,
} from "../../src/controllers/job-policies.ts";
import { jobStatusOf } from "../../src/controllers/index.ts";
import { createRig, type Json, podTemplate, type Rig } from "./rig.ts";

function run(name: string, spec: Json, annotations: Json, seconds: number): Rig {
  const rig = createRig();
  const template = podTemplate(name, annotations, { restartPolicy: "Never" });
  rig.apply({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name },
    spec: { ...spec, template },
  });
  rig.runUntil(seconds);
  return rig;
}

const statusOf = (rig: Rig, name: string) =>
  jobStatusOf(rig.api.objects.find("Job", "default", name)!);
const conditionsOf = (rig: Rig, name: string): readonly string[] =>
  statusOf(rig, name).conditions.map(({ type, status, reason }) => `${type} ${status}/${reason}`);

const rule = (action: PodFailureRule["action"], more: Partial<PodFailureRule>): PodFailureRule => ({
  action,
  onExitCodes: undefined,
  onPodConditions: [],
  ...more,
});
const codes = (operator: "In" | "NotIn", values: number[], containerName?: string) => ({
  onExitCodes: { containerName, operator, values },
});

describe("rules of a podFailurePolicy", () => {
  const exits = (entries: Readonly<Record<string, number>>, marked = false) => ({
    exitCodes: new Map(Object.entries(entries)),
    conditionStatus: (type: string) => (marked && type === "DisruptionTarget" ? "True" : ""),
  });

  it.each<
    [name: string, rules: PodFailureRule[], failure: ReturnType<typeof exits>, action: string]
  >([
    ["no rule: it counts", [], exits({ c: 1 }), "Count"],
    ["In", [rule("FailJob", codes("In", [42]))], exits({ c: 42 }), "FailJob"],
    ["In, other code", [rule("FailJob", codes("In", [42]))], exits({ c: 1 }), "Count"],
    ["NotIn", [rule("Ignore", codes("NotIn", [42]))], exits({ c: 1 }), "Ignore"],
    [
      "NotIn says nothing of success",
      [rule("Ignore", codes("NotIn", [42]))],
      exits({ c: 0 }),
      "Count",
    ],
    [
      "of one container",
      [rule("FailIndex", codes("In", [3], "b"))],
      exits({ a: 3, b: 1 }),
      "Count",
    ],
    ["any container", [rule("FailIndex", codes("In", [3]))], exits({ a: 3, b: 1 }), "FailIndex"],
    [
      "by condition, first match wins",
      [
        rule("Ignore", { onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }),
        rule("FailJob", codes("In", [1])),
      ],
      exits({ c: 1 }, true),
      "Ignore",
    ],
  ])("%s", (_, rules, failure, action) => {
    expect(failureAction(rules, failure)).toBe(action);
  });
});

describe("a successPolicy", () => {
  it.each<[indexes: string | undefined, count: number | undefined, done: number[], met: boolean]>([
    ["0,2-3", undefined, [0, 2], false],
    ["0,2-3", undefined, [0, 2, 3], true],
    ["0-4", 2, [1, 4, 7], true],
    ["0-4", 2, [1, 7], false],
    [undefined, 3, [1, 2, 9], true],
    [undefined, undefined, [1, 2, 9], false],
  ])("indexes %s, count %s, done %s: %s", (succeededIndexes, succeededCount, done, met) => {
    const rules = [{ succeededIndexes, succeededCount }];
    expect(isSuccessPolicyMet(rules, new Set(done))).toBe(met);
  });

  it("reads ranges", () => {
    expect([...parseIndexes("1,3-5,7")]).toEqual([1, 3, 4, 5, 7]);
  });

  it("ends the Job and its other pods", () => {
    const spec = {
      completions: 4,
      parallelism: 4,
      completionMode: "Indexed",
      successPolicy: { rules: [{ succeededCount: 1 }] },
    };
    const rig = run("early", spec, { "podsim.dev/fail-index": "1,2,3", "podsim.dev/run": "3" }, 20);
    expect(conditionsOf(rig, "early")).toEqual([
      "SuccessCriteriaMet True/SuccessPolicy",
      "Complete True/SuccessPolicy",
    ]);
  });
});

describe("a Job", () => {
  it("fails at once when the policy says so, with the pods that still run", () => {
    const spec = {
      completions: 4,
      parallelism: 2,
      podFailurePolicy: {
        rules: [{ action: "FailJob", onExitCodes: { operator: "In", values: [42] } }],
      },
    };
    const rig = run("pfp", spec, { "podsim.dev/exit": "42", "podsim.dev/run": "3" }, 30);
    expect(conditionsOf(rig, "pfp")).toEqual([
      "FailureTarget True/PodFailurePolicy",
      "Failed True/PodFailurePolicy",
    ]);
    expect(statusOf(rig, "pfp").failed).toBe(2);
  });

  it("does not count failures that are to be ignored", () => {
    const spec = {
      backoffLimit: 0,
      podFailurePolicy: {
        rules: [{ action: "Ignore", onExitCodes: { operator: "In", values: [7] } }],
      },
    };
    const rig = run("patient", spec, { "podsim.dev/exit": "7", "podsim.dev/run": "2" }, 60);
    expect(statusOf(rig, "patient").failed).toBe(0);
    expect(conditionsOf(rig, "patient")).toEqual([]);
  });

  it("gives up single indexes and fails when only those are left (s09-job-indexed)", () => {
    const spec = {
      completions: 4,
      parallelism: 4,
      completionMode: "Indexed",
      backoffLimitPerIndex: 1,
    };
    const rig = run("idx", spec, { "podsim.dev/fail-index": "1", "podsim.dev/run": "3" }, 12);
    expect(statusOf(rig, "idx").failedIndexes).toEqual([]);
    rig.runUntil(40);
    const { failedIndexes, completedIndexes, failed } = statusOf(rig, "idx");
    expect({ failedIndexes, completedIndexes, failed }).toEqual({
      failedIndexes: [1],
      completedIndexes: [0, 2, 3],
      failed: 2,
    });
    expect(conditionsOf(rig, "idx")).toEqual([
      "FailureTarget True/FailedIndexes",
      "Failed True/FailedIndexes",
    ]);
  });

  it("fails when more indexes were given up than allowed", () => {
    const spec = {
      completions: 3,
      parallelism: 3,
      completionMode: "Indexed",
      backoffLimitPerIndex: 0,
      maxFailedIndexes: 1,
    };
    const rig = run("few", spec, { "podsim.dev/fail-index": "0,1", "podsim.dev/run": "3" }, 30);
    expect(conditionsOf(rig, "few")[0]).toBe("FailureTarget True/MaxFailedIndexesExceeded");
  });

  it("born suspended starts when it is resumed, and says both", () => {
    const rig = run("late", { completions: 2, parallelism: 2, suspend: true }, {}, 5);
    expect(rig.podsOf("late")).toHaveLength(0);
    const stored = rig.api.objects.find("Job", "default", "late")!;
    rig.edit("Job", "late", { spec: { ...stored.object.spec, suspend: false } });
    rig.runUntil(8);
    expect(rig.podsOf("late")).toHaveLength(2);
    expect(conditionsOf(rig, "late")).toEqual(["Suspended False/JobResumed"]);
    expect(statusOf(rig, "late").startUs).toBeGreaterThanOrEqual(5_000_000);
  });

  it("past its deadline counts the pods that it ends as failed", () => {
    const spec = { completions: 2, parallelism: 2, activeDeadlineSeconds: 8 };
    const rig = run("dead", spec, { "podsim.dev/run": "1000" }, 20);
    const { failed, succeeded } = statusOf(rig, "dead");
    expect({ failed, succeeded }).toEqual({ failed: 2, succeeded: 0 });
    expect(conditionsOf(rig, "dead").at(-1)).toBe("Failed True/DeadlineExceeded");
  });

  it("of another controller is left alone", () => {
    const rig = run("other", { managedBy: "example.com/queue" }, {}, 10);
    expect(rig.podsOf("other")).toHaveLength(0);
  });
});
