// Claims about the importer of Google ClusterData 2011-2: every quirk on hand-made rows, and the genuine ones.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GOOGLE_2011 } from "../../../src/workload/traces/import/google-2011.ts";
import { countOf, importRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/google-clusterdata-2011/", import.meta.url);
const UNITS = { "cpu-unit": "64", "memory-unit": "256Gi" };
const MACHINES = "0,5,0,hash/+=,0.5,0.25\n";
const SECOND = 1_000_000;
const START = 600 * SECOND;

/** A task event at seconds after the trace's start (or raw, as text). */
function event(
  at: number | string,
  code: number,
  rest: { job?: string; index?: number; cells?: string } = {},
) {
  const time = typeof at === "string" ? at : String(START + at * SECOND);
  const { job = "9", index = 0, cells = "0.125,0.0625,0.0004,0" } = rest;
  return `${time},,${job},${index},,${code},u/ser=,3,9,${cells}\n`;
}
const [SUBMIT, SCHEDULE, EVICT, FAIL, FINISH, KILL, LOST, UPDATE] = [0, 1, 2, 3, 4, 5, 6, 7];

function read(events: readonly string[], options = {}, machines = MACHINES) {
  const texts = { "machine_events.csv": machines, "task_events.csv": events.join("") };
  return importRows(GOOGLE_2011, texts, { ...UNITS, ...options });
}

describe("Google ClusterData 2011", () => {
  it("makes a pod of a task: from its submission, as long as it ran, with shares of the given machine", () => {
    const { pods, nodes, scenario, problems } = read([
      event(10, SUBMIT!),
      event(12, SCHEDULE!),
      event(20, FINISH!),
    ]);
    expect(problems).toEqual([]);
    expect(nodes).toMatchObject([{ node: "machine-5", cpu: "32", memory: "64Gi" }]);
    expect(pods).toEqual([
      {
        pod: "9-0-10000000",
        namespace: "user-1",
        at_us: "10000000",
        run_us: "8000000",
        priority_class: "priority-9",
        "request:cpu": "8",
        "request:memory": "16Gi",
      },
    ]);
    expect(scenario.objects).toMatchObject([{ kind: "PriorityClass", value: 9 }]);
    expect(scenario.units).toEqual([
      "time: microseconds; instant 0 is 600 s of the trace, where it begins",
      "cpu: 1.0 is 64 cores; memory: 1.0 is 256Gi (both as given)",
    ]);
  });

  it("time 0 is before the trace: the pod comes at 0 and runs the rest of its time", () => {
    const result = read([event("0", SUBMIT!), event("0", SCHEDULE!), event(30, FINISH!)]);
    expect(result.pods).toMatchObject([{ at_us: "0", run_us: "30000000" }]);
    expect(countOf(result, "before the trace began")).toBe(1);
  });

  it("time 2^63-1 is after the end: no event", () => {
    const result = read([event(1, SUBMIT!), event("9223372036854775807", FINISH!)]);
    expect(countOf(result, "after the end of the trace")).toBe(1);
    expect(result.pods).toMatchObject([{ pod: "9-0-1000000" }]);
    expect(result.pods[0]).not.toHaveProperty("run_us");
  });

  it("ids beyond 2^53 stay whole", () => {
    const ids = ["9007199254740993", "9007199254740992"];
    const { pods } = read(
      ids.flatMap((job) => [
        event(1, SUBMIT!, { job }),
        event(2, SCHEDULE!, { job }),
        event(3, FINISH!, { job }),
      ]),
    );
    expect(pods.map(({ pod }) => pod)).toEqual(ids.map((job) => `${job}-0-1000000`));
  });

  it("rows with missing information ask for nothing, and that is said", () => {
    const result = read([
      event(1, SUBMIT!, { cells: ",,," }),
      event(2, SCHEDULE!),
      event(3, KILL!),
    ]);
    expect(result.pods[0]).not.toHaveProperty("request:cpu");
    expect(countOf(result, "information is missing")).toBe(1);
  });

  it("an evicted task is one pod, which runs as long as the attempt that ended by itself", () => {
    const result = read([
      ...[event(1, SUBMIT!), event(2, SCHEDULE!), event(5, EVICT!), event(5, SUBMIT!)],
      ...[event(9, SCHEDULE!), event(19, FINISH!)],
    ]);
    expect(result.pods).toMatchObject([{ at_us: "1000000", run_us: "10000000" }]);
    expect(countOf(result, "ended in an eviction")).toBe(1);
  });

  it("a task that was evicted and never came back runs as long as it ran until then", () => {
    const result = read([event(1, SUBMIT!), event(2, SCHEDULE!), event(5, EVICT!)]);
    expect(result.pods).toMatchObject([{ run_us: "3000000" }]);
    expect(countOf(result, "not submitted again")).toBe(1);
  });

  it("a task that failed and is submitted again under its job and index is another pod", () => {
    const again = [event(1, SUBMIT!), event(2, SCHEDULE!), event(5, FAIL!), event(6, SUBMIT!)];
    const { pods } = read([...again, event(7, SCHEDULE!), event(9, FINISH!)]);
    expect(pods.map(({ pod, run_us }) => [pod, run_us])).toEqual([
      ["9-0-1000000", "3000000"],
      ["9-0-6000000", "2000000"],
    ]);
  });

  it("what failed or was killed runs as long as it did; a wish for machines apart is not kept; both are said", () => {
    const result = read([
      event(1, SUBMIT!, { cells: "0.1,0.1,0,1" }),
      event(2, SCHEDULE!),
      event(5, KILL!),
    ]);
    expect(result.pods).toMatchObject([{ run_us: "3000000" }]);
    expect(countOf(result, "failed or were killed")).toBe(1);
    expect(countOf(result, "a machine of its own job alone")).toBe(1);
  });

  it("a job id that is used again makes other pods", () => {
    const life = (at: number) => [event(at, SUBMIT!), event(at, SCHEDULE!), event(at + 1, FINISH!)];
    const { pods } = read([...life(1), ...life(100)]);
    expect(pods.map(({ pod }) => pod)).toEqual(["9-0-1000000", "9-0-100000000"]);
  });

  it("events at one instant count in the order of the file", () => {
    const { pods } = read([event(1, SUBMIT!), event(1, SCHEDULE!), event(1, FINISH!)]);
    expect(pods).toMatchObject([{ at_us: "1000000", run_us: "0" }]);
  });

  it("tasks that never end are unfinished: they run, go, or end as others did, by choice", () => {
    const open = [event(1, SUBMIT!), event(1, SCHEDULE!), event(4, SUBMIT!, { index: 1 })];
    const done = [
      event(5, SUBMIT!, { index: 2 }),
      event(5, SCHEDULE!, { index: 2 }),
      event(17, FINISH!, { index: 2 }),
    ];
    const runs = (unfinished: string) =>
      read([...open, ...done], { unfinished })
        .pods.map(({ run_us }) => run_us)
        .toSorted();
    expect(runs("run")).toEqual(["12000000", undefined, undefined]);
    expect(runs("drop")).toEqual(["12000000"]);
    // The first was seen for 16 s, longer than anything that finished.
    expect(runs("draw")).toEqual(["12000000", "12000000", "16000000"]);
  });

  it("a task that ended before it was scheduled never asked for a node long enough", () => {
    const result = read([event(1, SUBMIT!), event(5, KILL!)]);
    expect([result.pods.length, countOf(result, "before it was scheduled")]).toEqual([0, 1]);
  });

  it("a lost task ends when it was lost; a scheduled one without a submission comes then", () => {
    const result = read([event(3, SCHEDULE!), event(5, LOST!)]);
    expect(result.pods).toMatchObject([{ at_us: "3000000", run_us: "2000000" }]);
    expect([countOf(result, "lost there"), countOf(result, "no submission in the log")]).toEqual([
      1, 1,
    ]);
  });

  it("an update before it runs changes what it asks for, one while it runs does not", () => {
    const cells = "0.25,0.0625,,0";
    const before = read([
      event(1, SUBMIT!),
      event(1, UPDATE!, { cells }),
      event(2, SCHEDULE!),
      event(3, FINISH!),
    ]);
    expect(before.pods[0]?.["request:cpu"]).toBe("16");
    const during = read([
      event(1, SUBMIT!),
      event(2, SCHEDULE!),
      event(2, UPDATE!, { cells }),
      event(3, FINISH!),
    ]);
    expect([during.pods[0]?.["request:cpu"], countOf(during, "changed while it ran")]).toEqual([
      "8",
      1,
    ]);
  });

  it("machines without a capacity are left out; what leaves and comes back stays; each once", () => {
    const machines = [
      "0,1,0,p,,",
      "0,2,0,p,1,0.5",
      "700000000,2,1,p,1,0.5",
      "800000000,2,0,p,1,0.5",
      "900000000,3,0,q,0.25,0.25",
    ];
    const result = read([], {}, `${machines.join("\n")}\n`);
    expect(
      result.nodes.map(({ node, ...rest }) => [node, rest["label:podsim.dev/platform"]]),
    ).toEqual([
      ["machine-2", "platform-1"],
      ["machine-3", "platform-2"],
    ]);
    for (const words of ["without a capacity", "left there", "came back", "came later"])
      expect([words, countOf(result, words)]).toEqual([words, 1]);
  });

  it("parts are read one after the other, and a header that somebody added is taken as one", () => {
    const header =
      "time,missing info,job ID,task index,machine ID,event type,user,scheduling class,priority,CPU request,memory request,disk space request,different machines restriction\n";
    const texts = {
      "machine_events.csv": MACHINES,
      "task_events.csv#1": header + event(1, SUBMIT!) + event(2, SCHEDULE!),
      "task_events.csv#2": event(3, FINISH!),
    };
    const result = importRows(GOOGLE_2011, texts, UNITS);
    expect(result.pods).toMatchObject([{ run_us: "1000000", "request:cpu": "8" }]);
    expect(countOf(result, "a header line")).toBe(1);
  });

  it("wrong events, times and units are refused with their place", () => {
    expect(read([event(1, 9)]).problems).toMatchObject([{ line: 1, path: "event type" }]);
    expect(read([event("soon", 0)]).problems).toMatchObject([{ line: 1, path: "time" }]);
    expect(read([], { "cpu-unit": "many" }).problems[0]?.message).toContain("--cpu-unit many");
    expect(
      GOOGLE_2011.options.filter(({ hint }) => hint !== undefined).map(({ name }) => name),
    ).toEqual(["cpu-unit", "memory-unit"]);
  });
});

describe.skipIf(!existsSync(DATA))("genuine rows (skipped: ../shared is absent)", () => {
  it("have empty requests in the first two tasks and shares in the third", () => {
    const textOf = (name: string) => readFileSync(new URL(`${name}.sample.csv`, DATA), "utf8");
    const texts = {
      "machine_events.csv": textOf("machine_events"),
      "task_events.csv": textOf("task_events"),
    };
    const result = importRows(GOOGLE_2011, texts, UNITS);
    expect(result.problems).toEqual([]);
    expect(result.nodes).toHaveLength(3);
    expect(result.pods.map((pod) => [pod["pod"], pod["request:cpu"]])).toEqual([
      ["3418309-0-0", undefined],
      ["3418309-1-0", undefined],
      ["3418314-0-0", "8"],
    ]);
    expect(countOf(result, "information is missing")).toBe(2);
  });
});
