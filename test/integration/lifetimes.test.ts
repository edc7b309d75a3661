// Claims about plain manifests whose pods have a lifetime by podsim.dev annotations, from the text of
// the manifest to the rows of the result.
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/base/index.ts";
import { decodeScenario, prepareRun, startRun } from "../../src/experiment/index.ts";
import type { PodRow, RunResult } from "../../src/metrics/index.ts";

interface Outcome {
  readonly result: RunResult;
  readonly rows: readonly PodRow[];
}

function run(text: string, horizon: string, seed = "1"): Outcome {
  const { scenario, document, problems } = decodeScenario({
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "lifetimes" },
    run: { study: "terminating", until: "drained", horizon, seed },
    cluster: {
      nodePools: [{ name: "n", count: 4, allocatable: { cpu: "64", memory: "64Gi", pods: "500" } }],
    },
  });
  expect(problems).toEqual([]);
  const extra = [{ name: "m.yaml", bytes: new TextEncoder().encode(text) }];
  const rows: PodRow[] = [];
  const prepared = prepareRun({ scenario: scenario!, document: document!, extra });
  const active = startRun(prepared, { sinks: { pod: (row) => rows.push(row) }, check: "check" });
  while (active.advance(100_000));
  return { result: active.finish(), rows };
}

function annotations(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(values).map(([key, text]) => [`podsim.dev/${key}`, text])),
  );
}

function pod(values: Readonly<Record<string, string>>, restartPolicy = "Never"): string {
  return `apiVersion: v1
kind: Pod
metadata: { name: p, annotations: ${annotations(values)} }
spec: { restartPolicy: ${restartPolicy}, containers: [{ name: c, image: i }] }
`;
}

function job(values: Readonly<Record<string, string>>, spec: string): string {
  return `apiVersion: batch/v1
kind: Job
metadata: { name: j }
spec:
  ${spec}
  template:
    metadata: { annotations: ${annotations(values)} }
    spec: { restartPolicy: Never, containers: [{ name: c, image: i }] }
`;
}

/** From start to end as the kubelet saw it, in seconds. */
function runSeconds({ startedUs, finishedUs }: PodRow): number {
  return ((finishedUs ?? Number.NaN) - (startedUs ?? Number.NaN)) / 1e6;
}

describe("lifetimes of plain manifests", () => {
  it.each([
    ["90s", 90],
    ["45", 45],
    ["1h30m", 5400],
    ["0.5", 0.5],
  ])("a pod with run %s runs that long and has succeeded", (text, seconds) => {
    const { result, rows } = run(pod({ run: text }), "3h");
    expect(rows.map(({ phase }) => phase)).toEqual(["Succeeded"]);
    // The kubelet pulls and starts before the time counts, and takes a moment to notice the end.
    expect(runSeconds(rows[0]!)).toBeGreaterThanOrEqual(seconds);
    expect(runSeconds(rows[0]!)).toBeLessThan(seconds + 15);
    expect(result).toMatchObject({ end: { reason: "drained" }, counts: { podsSucceeded: 1 } });
  });

  it("a pod without them runs for ever", () => {
    const { result } = run(pod({}), "3h");
    expect(result.counts).toMatchObject({ podsSucceeded: 0, podsRunningAtEnd: 1 });
  });

  it("an exit code other than 0 is a failure", () => {
    const { rows, result } = run(pod({ run: "10s", exit: "3" }), "1h");
    expect(rows.map(({ phase }) => phase)).toEqual(["Failed"]);
    expect(result.counts).toMatchObject({ podsSucceeded: 0, podsFailed: 1 });
  });

  it("a pod that restarts always never ends, and backs off in between", () => {
    const { rows } = run(pod({ run: "10s", exit: "1" }, "Always"), "1h");
    expect(rows.map(({ phase, finishedUs }) => [phase, finishedUs])).toEqual([["Running", null]]);
  });

  it("a Job is complete when its pods have succeeded", () => {
    const { rows, result } = run(job({ run: "30s" }, "completions: 6\n  parallelism: 2"), "1h");
    expect(rows.map(({ phase }) => phase)).toEqual(Array(6).fill("Succeeded"));
    expect(result.end.reason).toBe("drained");
    const last = Math.max(...rows.map(({ finishedUs }) => finishedUs!));
    expect(last).toBeGreaterThanOrEqual(90e6);
    expect(last).toBeLessThan(150e6);
  });

  it("a Job whose pods fail tries again up to its limit", () => {
    const { rows } = run(job({ run: "5s", exit: "1" }, "backoffLimit: 2"), "1h");
    expect(rows.map(({ phase }) => phase)).toEqual(["Failed", "Failed", "Failed"]);
  });

  it("a law makes the time the mean of draws that the seed decides", () => {
    const text = job(
      { run: "100s", "run-law": "exponential" },
      "completions: 400\n  parallelism: 400",
    );
    const times = (seed: string): number[] =>
      run(text, "12h", seed)
        .rows.map(runSeconds)
        .sort((a, b) => a - b);
    const first = times("1");
    expect(first.length).toBe(400);
    // Four standard errors of the mean of 400 draws with standard deviation 100 s, and the overhead.
    const mean = first.reduce((sum, seconds) => sum + seconds, 0) / first.length;
    expect(mean).toBeGreaterThan(100 - 20);
    expect(mean).toBeLessThan(100 + 20 + 15);
    expect(first[200]!).toBeLessThan(mean * 0.9); // an exponential's median is 0.69 of its mean
    expect(times("1")).toEqual(first);
    expect(times("2")).not.toEqual(first);
  });

  it("a law with parameters stands on its own", () => {
    const { rows } = run(pod({ "run-law": "uniform(min=60, max=61)" }), "1h");
    expect(runSeconds(rows[0]!)).toBeGreaterThanOrEqual(60);
    expect(runSeconds(rows[0]!)).toBeLessThan(76);
  });

  it.each([
    ["the longest duration there is", { run: "9007199254s" }],
    [
      "a draw beyond the end of time",
      { "run-law": "uniform(min=9000000000000, max=9000000000001)" },
    ],
  ])("%s is for ever", (_what, values) => {
    const { result } = run(pod(values), "3h");
    expect(result.counts).toMatchObject({ podsRunningAtEnd: 1, podsSucceeded: 0 });
    expect(result.end).toMatchObject({ partial: false });
  });

  it.each<[values: Readonly<Record<string, string>>, code: string, message: RegExp]>([
    [{ run: "soon" }, "E_INVALID_ANNOTATION", /expected seconds or a duration/],
    [{ run: "-5s" }, "E_INVALID_ANNOTATION", /not negative/],
    [{ run: "5s", exit: "256" }, "E_INVALID_ANNOTATION", /an exit code from 0 to 255/],
    [{ "run-law": "exponential" }, "E_LAW", /needs its mean in podsim\.dev\/run/],
    [{ run: "5s", "run-law": "bell" }, "E_LAW", /law must be one of constant, /],
    [{ "run-law": "weibull(shape=0, scale=1)" }, "E_LAW", /shape/],
  ])("%o is refused before the run, with its place", (values, code, message) => {
    let problems: readonly { code: string; message: string; line?: number }[] = [];
    try {
      run(pod(values), "1h");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.exitCode).toBe(3);
      ({ problems } = error);
    }
    expect(problems).toMatchObject([{ code, message: expect.stringMatching(message), line: 3 }]);
  });
});
