// The command's own judgement: what agrees, what differs, what is unknown or not supported, and where a
// file is wrong. The small timeline is written by hand; the recorded ones are used where they are at hand.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findQuantity, splitKey } from "../../../../src/experiment/verify/timelines/quantities.ts";
import { readTimeline } from "../../../../src/experiment/verify/timelines/timeline-file.ts";

import {
  ALL_ORDER_RULES,
  recordedSituation,
  verifyTimeline,
} from "../../../../src/experiment/verify/timelines/verify-timelines.ts";
import { deployment, type Json, smallText, type SmallParts, waitReady } from "./small-timelines.ts";

const RECORDED = fileURLToPath(
  new URL("../../../../../shared/conformance/timelines", import.meta.url),
);

/** Four pods of a Deployment on two nodes come up: what a recorder would have written. */
const EVENTS: readonly Json[] = [
  { t: 0.01, kind: "Deployment", name: "web", what: "created", set: { "spec.replicas": "4" } },
  {
    t: 0.02,
    kind: "ReplicaSet",
    name: "web-1",
    alias: "deployment/web@r1",
    owner: "deployment/web",
    what: "created",
    set: { "spec.replicas": "4" },
  },
  ...[1, 2, 3, 4].flatMap((n) => {
    const life = { kind: "Pod", name: `web-1-${n}`, alias: `deployment/web#${n}` };
    const owner = "deployment/web@r1";
    return [
      { ...life, t: 0.03, what: "created", owner, set: { phase: "Pending" } },
      { ...life, t: 0.04, what: "changed", set: { node: n % 2 === 0 ? "n1" : "n2" } },
      { ...life, t: 1.05, what: "changed", set: { phase: "Running", "cond.Ready": "True" } },
    ];
  }),
].map((event, rv) => ({ ...event, rv }));

const SUMMARY: Json = {
  replicaSetCreatedAfterDeployment: { min: 0.01, median: 0.01, max: 0.02, n: 1 },
  boundAfterPodCreated: { min: 0.01, median: 0.01, max: 0.03, n: 4 },
  allReadyAfterDeployment: { min: 1, median: 1.04, max: 1.1, n: 1 },
  podsPerNodeSorted: { everyRun: [2, 2] },
  boundInCreationOrder: { everyRun: true },
};

function parts(summary: Json = SUMMARY, more: SmallParts = {}): string {
  return smallText({
    nodeCount: 2,
    input: [{ t: 0, object: deployment("web", 4) }],
    actions: [{ op: "create", t: 0, until: 0.01, count: 1 }, waitReady(0.01, 1.06, "web-.*", 4)],
    events: EVENTS,
    summary,
    ...more,
  });
}

const ORDERS = ALL_ORDER_RULES.length;

describe("a small timeline", () => {
  it("agrees; what is for information only is told and not counted", () => {
    const report = verifyTimeline(parts(), "small.json");
    expect(report.differences).toEqual([]);
    expect(report).toMatchObject({ checked: 4 + ORDERS, differ: 0, unsupportedCases: 0 });
    const free = report.quantities.find(({ key }) => key === "boundInCreationOrder");
    expect(free).toMatchObject({ class: "none", verdict: "not compared" });
  });

  it.each<[what: string, key: string, recorded: Json, reason: RegExp]>([
    [
      "a value out of range",
      "allReadyAfterDeployment",
      { min: 7, max: 8, n: 1 },
      /not within 6.75 to 8.25/,
    ],
    ["another fact", "podsPerNodeSorted", { everyRun: [1, 3] }, /\[2,2\] is not \[1,3\]/],
    ["what never happened", "conditionAvailableAfterDeployment", { never: true }, /never was/],
    // the events show no condition, so the run followed has no value of this
    ["another count", "conditionAvailableAfterDeployment", { min: 0, max: 9 }, /1 values, not 0/],
  ])("differs by %s", (_, key, recorded, reason) => {
    const report = verifyTimeline(parts({ ...SUMMARY, [key]: recorded }), "small.json");
    expect(report.differ).toBe(1);
    expect(report.differences[0]!.case).toBe(`run 1: ${key}`);
    expect(report.differences[0]!.what).toMatch(reason);
  });

  it("names a key that it does not know, and does not guess", () => {
    const key = "moonAfterSun";
    const report = verifyTimeline(parts({ ...SUMMARY, [key]: { min: 1, max: 2, n: 1 } }), "s");
    expect([...report.unsupported.keys()]).toEqual([`unknown key ${key}`]);
    expect(report.unsupportedCases).toBe(1);
  });

  it("names actions, flags and gates that it cannot replay, and replays nothing then", () => {
    const actions = [
      { op: "teleport", t: 0 },
      { op: "kubectl", t: 0, done: 1, args: ["scale"] },
    ];
    const config = {
      "kube-scheduler": { "--feature-gates": "Magic=true", "--leader-elect": "false" },
      "kube-controller-manager": { "--node-monitor-period": "2s", "--odd": "1" },
    };
    const report = verifyTimeline(parts(SUMMARY, { actions, config }), "s");
    expect([...report.unsupported.keys()].sort()).toEqual([
      "action teleport",
      "flag kube-controller-manager --odd",
      "gate Magic",
      "kubectl scale",
    ]);
    expect(report.checked).toBe(0);
  });

  it("names a patch that it cannot make", () => {
    const patch = [{ op: "move", from: "/spec/y", path: "/spec/x" }];
    const actions = [
      { op: "create", t: 0, until: 0.01, count: 1 },
      { op: "patch", t: 3, kind: "Pod", names: ["web-1-1"], patch },
    ];
    const report = verifyTimeline(parts(SUMMARY, { actions }), "s");
    expect([...report.unsupported.keys()][0]).toMatch(/^JSON patch .*"path":"\/spec\/x"/);
  });

  it("replays run 1 with as many seeds as asked for", () => {
    const report = verifyTimeline(parts(), "small.json", { seeds: 5 });
    expect(report).toMatchObject({ checked: 5 * (4 + ORDERS), differ: 0 });
  });

  it("is the same report every time", () => {
    const [a, b] = [1, 2].map(() => JSON.stringify(verifyTimeline(parts(), "s").quantities));
    expect(a).toBe(b);
  });
});

describe("a failure whose passes are followed", () => {
  const failure = (secondUnknownT: number): string =>
    smallText({
      nodeCount: 3,
      actions: [
        { op: "fail", t: 8, nodes: ["n1", "n2"], lastLeaseRenew: { n1: 3, n2: 3 } },
        { op: "create", t: 80, until: 80, count: 0 },
      ],
      events: [
        { t: 55.5, rv: 1, kind: "Node", name: "n1" },
        { t: secondUnknownT, rv: 2, kind: "Node", name: "n2" },
      ].map((event) => ({
        ...event,
        what: "changed",
        set: { "cond.Ready": "Unknown/NodeStatusUnknown" },
      })),
      summary: { unknownAfterNodesStop: { min: 47.5, median: 47.5, max: 55, n: 2 } },
    });

  it("comes to the recorded instant of every node, not only to a possible one", () => {
    const report = verifyTimeline(failure(55.5), "s");
    expect(report.differences).toEqual([]);
    const { simulated } = report.quantities[0]!;
    expect(simulated).toMatch(/^47\.4\d+ \/ 47\.4\d+ \/ 47\.4\d+ \(n 2\)$|^47\.5/);
  });

  it("differs where one node's is a pass away", () => {
    const [difference] = verifyTimeline(failure(60.6), "s").differences;
    expect(difference?.what).toMatch(/far from the run followed/);
  });
});

describe("a file that is wrong", () => {
  it.each<[text: string, message: RegExp]>([
    ['{"nodes": [', /bad\.json:1/],
    ["[]", /one JSON object/],
    [JSON.stringify({ nodes: [], input: [], actions: [], runs: 3 }), /'runs' must be a list/],
    [parts(SUMMARY, { actions: [{ t: 0 }] }), /an action has an op/],
    [parts(SUMMARY, { input: [{ t: 0 } as never] }), /input\[0\]/],
  ])("%s is refused with its place", (text, message) => {
    expect(() => verifyTimeline(text, "bad.json")).toThrow(message);
  });
});

// ---- the recordings themselves -----------------------------------------------------------------------

const files = existsSync(RECORDED)
  ? readdirSync(RECORDED).filter((name) => /^s\d.*\.json$/.test(name))
  : [];
if (files.length === 0) console.log("the recorded timelines are not here: they are not recomputed");

/** Told by the recorder in other digits, or of objects that the file leaves out. */
const OTHERWISE: ReadonlySet<string> = new Set([
  "gapBetweenScaleUps",
  "firstScaleUpAfterLoadRise",
  "firstScaleDownAfterLoadDrop",
  "preemptorBoundAfterVictimTerminalPhase",
]);

describe("every quantity, computed from the recorded runs", () => {
  it.each(files.filter((name) => name !== "s19-bare-pods.json"))(
    "gives the recorded summary: %s",
    (name) => {
      const file = readTimeline(readFileSync(`${RECORDED}/${name}`, "utf8"), name);
      const runs = file.runs.map((_, run) => recordedSituation(file, run));
      for (const [key, recorded] of file.summary) {
        const { prefix, name: plain } = splitKey(key);
        const situations = runs.map((run) => ({ ...run, key, prefix, recorded }));
        const row = findQuantity(situations[0]!);
        expect(row, `${key} is known`).toBeDefined();
        if (row!.compute === undefined || recorded.n === undefined || OTHERWISE.has(plain))
          continue;
        const values = situations.flatMap((at) => row!.compute!(at).values ?? []);
        expect({ key, n: values.length }).toEqual({ key, n: recorded.n });
        if (values.length === 0) continue;
        expect(Math.min(...values), key).toBeCloseTo(recorded.min!, 2);
        expect(Math.max(...values), key).toBeCloseTo(recorded.max!, 2);
      }
    },
  );
});
