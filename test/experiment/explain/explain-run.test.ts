import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/base/index.ts";
import {
  explainRun,
  type PreparedRun,
  type RunQuestion,
  runToEnd,
} from "../../../src/experiment/index.ts";
import type { DecisionRow, ExplainRecord } from "../../../src/metrics/index.ts";
import { node, pod, policy, prepareObjects } from "./explain-fixtures.ts";

function ask(
  prepared: PreparedRun,
  question: Partial<RunQuestion> & { pod: string },
): ExplainRecord {
  return explainRun(prepared, {
    attempt: undefined,
    atUs: undefined,
    node: undefined,
    maxEvents: undefined,
    untilUs: undefined,
    fingerprint: undefined,
    ...question,
  });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

function decisionsOf(prepared: PreparedRun): DecisionRow[] {
  const rows: DecisionRow[] = [];
  runToEnd(prepared, { sinks: { decision: (row) => rows.push(row) } });
  return rows;
}

// Full nodes; one pod ends after a minute, so the waiting one fits at its second or later attempt.
const ending = { "podsim.dev/run": "60s" };
function crowded(): PreparedRun {
  const short = pod("short", { cpu: "3", spec: { restartPolicy: "Never" } }) as {
    metadata: object;
  };
  short.metadata = { ...short.metadata, annotations: ending };
  return prepareObjects([
    node("a"),
    node("b", { cpu: "1" }),
    short,
    pod("web", { cpu: "2" }),
    pod("tiny", { cpu: "100m" }),
  ]);
}

describe("a decision of a run", () => {
  it("is explained with the numbers that the run recorded", () => {
    const prepared = crowded();
    const rows = decisionsOf(prepared);
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) {
      const record = ask(prepared, { pod: row.pod, attempt: row.attempt });
      expect(record.attempt).toMatchObject({
        number: row.attempt,
        decidedUs: row.atUs,
        result: row.result,
      });
      const { decision } = record;
      expect(decision!.node ?? "").toBe(row.node);
      expect(decision!.message).toBe(row.message);
      expect(decision!.search).toMatchObject({
        evaluatedCount: row.evaluated,
        feasibleCount: row.feasible,
      });
      if (row.score !== null) {
        expect(decision!.scores!.nodes.find((each) => each.node === row.node)!.total).toBe(
          row.score,
        );
        expect(decision!.ties!.nodes).toHaveLength(row.ties);
      }
    }
  });

  it("is the last one by default, the first one on demand, or the last up to a time", () => {
    const prepared = crowded();
    const last = ask(prepared, { pod: "web" });
    expect(last.decision!.node).toBe("a");
    expect(last.attempts.at(-1)).toMatchObject({ result: "scheduled", node: "a" });
    const first = ask(prepared, { pod: "default/web", attempt: 1 });
    expect(first.decision!.node).toBeNull();
    expect(first.nearest[0]).toMatchObject({ node: "a" });
    expect(first.nearest[0]!.obstacles[0]!.lack).toMatchObject({ resource: "cpu", missing: 1000 });
    const early = ask(prepared, { pod: "web", atUs: 30_000_000 });
    expect(early.decision!.node).toBeNull();
    expect(early.attempt!.decidedUs).toBeLessThanOrEqual(30_000_000);
    expect(early.pod).toMatchObject({ phase: "Pending", node: null });
  });

  it("stays the same however often it is asked", () => {
    const prepared = crowded();
    expect(ask(prepared, { pod: "web" })).toEqual(ask(prepared, { pod: "web" }));
  });

  it("says when the replay went another way than the recorded run", () => {
    const prepared = crowded();
    const { fingerprint } = runToEnd(prepared);
    expect(ask(prepared, { pod: "web", fingerprint }).notes).toEqual([]);
    const [note] = ask(prepared, { pod: "web", fingerprint: "0".repeat(16) }).notes;
    expect(note).toContain("another way");
  });

  it("of a strategy is what the strategy reports", () => {
    const prepared = prepareObjects([node("a"), node("b"), pod("web")], {}, policy("worst-fit"));
    const record = ask(prepared, { pod: "web" });
    expect(record.decision!.whyNoScores).toContain("chosen by the strategy");
    expect(record.decision!.node).toBe(decisionsOf(prepared)[0]!.node);
  });
});

describe("the way to an attempt and beyond", () => {
  it("names the event that woke the pod, its back-off and who had rejected it", () => {
    const prepared = crowded();
    const first = ask(prepared, { pod: "web", attempt: 1 });
    expect(first.queue).toMatchObject({ rejectedCount: 0, errorCount: 0, rejectedBy: [] });
    const { queue, attempt } = ask(prepared, { pod: "web" });
    expect(queue!.rejectedCount).toBe(attempt!.number - 1);
    const [returned, ...rest] = queue!.moves;
    expect(returned).toMatchObject({ place: "unschedulable", event: "ScheduleAttemptFailure" });
    expect(rest.at(-1)).toMatchObject({ place: "active", event: queue!.wokenBy });
    expect(queue!.wokenBy).toBe("AssignedPodDelete");
    expect(rest.at(-1)!.atUs).toBeLessThanOrEqual(attempt!.poppedUs);
  });

  it("shows candidates and victims of a preemption, and the rule that chose", () => {
    const classes = [
      { name: "high", value: 100 },
      { name: "low", value: 1 },
      { name: "lower", value: 0 },
    ].map(({ name, value }) => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
    }));
    const of = (priorityClassName: string): object => ({ priorityClassName });
    const prepared = prepareObjects([
      ...classes,
      node("a"),
      node("b"),
      node("t", { taints: [{ key: "gpu", effect: "NoSchedule" }] }),
      node("top"),
      pod("p", { node: "a", cpu: "4", spec: of("low") }),
      pod("q", { node: "b", cpu: "4", spec: of("lower") }),
      pod("s", { node: "top", cpu: "4", spec: of("high") }),
      pod("web", { cpu: "2", spec: of("high") }),
    ]);
    const { decision } = ask(prepared, { pod: "web", attempt: 1 });
    expect(decision!.postFilter).toMatchObject({
      nominatedNode: "b",
      preemption: {
        hopelessCount: 1,
        notTriedCount: 0,
        candidates: [
          { node: "a", victims: [{ pod: "default/p", priority: 1 }], budgetViolations: 0 },
          { node: "b", victims: [{ pod: "default/q", priority: 0 }], budgetViolations: 0 },
        ],
        rejected: [
          {
            reasons: ["No preemption victims found for incoming pod"],
            count: 1,
            nodes: ["top"],
          },
        ],
        why: "lowest priority of its most important victim",
      },
    });
  });
});

describe("what cannot be explained", () => {
  it.each([
    ["gated", { schedulingGates: [{ name: "wait" }] }],
    ["unclaimed", { schedulerName: "mine" }],
    ["preassigned", { nodeName: "a" }],
  ])("a pod that was never tried: %s", (reason, spec) => {
    const record = ask(prepareObjects([node("a"), pod("web", { spec })]), { pod: "web" });
    expect(record.untried).toMatchObject({ reason });
    expect(record).toMatchObject({ decision: null, attempt: null, attempts: [] });
  });

  it("an unknown pod, attempt or node, each with what there is", () => {
    const prepared = crowded();
    expect(refusal(() => ask(prepared, { pod: "wob" }))).toContain("did you mean 'default/web'?");
    expect(refusal(() => ask(prepared, { pod: "tiny", attempt: 7 }))).toMatch(
      /no attempt 7\nhint: it had 1/,
    );
    expect(refusal(() => ask(prepared, { pod: "web", node: "z" }))).toContain("nodes are a, b");
  });
});
