// Claims about the importer of SWF logs: every quirk of the format on hand-made lines, and the archive's logs.

import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SWF } from "../../../src/workload/traces/import/swf.ts";
import { countOf, importRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/swf/", import.meta.url);
const HEADER = "; Computer: Toy\n; MaxNodes: 4\n; MaxProcs: 8\n;\n";

/** number submit wait run allocated - usedKb requested - requestedKb status user */
function job(parts: Partial<Record<string, number>>): string {
  const fields = [
    ...["number", "submit", "wait", "run", "allocated", "cpu", "usedKb", "requested", "limit"],
    ...["requestedKb", "status", "user", "group", "app", "queue", "partition", "before", "think"],
  ];
  const usual: Partial<Record<string, number>> = {
    number: 1,
    submit: 0,
    wait: 0,
    run: 10,
    status: 1,
  };
  return `${fields.map((name) => parts[name] ?? usual[name] ?? -1).join("  ")}\n`;
}

function read(jobs: readonly Partial<Record<string, number>>[], options = {}, header = HEADER) {
  return importRows(SWF, { "log.swf": header + jobs.map(job).join("") }, options);
}

describe("an SWF log", () => {
  it("gives nodes by its header, a namespace per user, times in microseconds", () => {
    const { nodes, pods, scenario } = read([{ submit: 5, requested: 2, user: 7 }]);
    expect(nodes).toHaveLength(4);
    expect(nodes[0]).toEqual({ node: "node-0", cpu: "2", pods: "110" });
    expect(pods).toEqual([
      { pod: "job-1", namespace: "user-7", at_us: "5000000", run_us: "10000000", cpu: "2" },
    ]);
    expect(scenario.namespaces).toEqual(["user-7"]);
    expect(scenario.units?.[0]).toContain("time: seconds; instant 0 is the log's start");
  });

  it("makes a job of several nodes into pods of a node's size and a rest", () => {
    const result = read([{ requested: 5 }]);
    expect(result.pods.map(({ pod, cpu }) => [pod, cpu])).toEqual([
      ["job-1-0", "2"],
      ["job-1-1", "2"],
      ["job-1-rest", "1"],
    ]);
    expect(countOf(result, "not started together")).toBe(1);
    expect(read([{ requested: 5 }], { job: "pod" }).pods).toMatchObject([
      { pod: "job-1", cpu: "5" },
    ]);
  });

  it("takes a run of 0 s as it is", () => {
    expect(read([{ run: 0, requested: 1 }]).pods).toMatchObject([{ run_us: "0" }]);
  });

  it("reads fractions in columns that look whole", () => {
    const { pods } = read([{ submit: 1.25, run: 0.5, requested: 1, cpu: 142.5 }]);
    expect(pods).toMatchObject([{ at_us: "1250000", run_us: "500000" }]);
  });

  it("takes what a job got where it asked for less, and where it asked for nothing", () => {
    const less = read([{ requested: 1, allocated: 2 }]);
    expect([less.pods[0]?.["cpu"], countOf(less, "fewer processors")]).toEqual(["2", 1]);
    const nothing = read([{ allocated: 2 }]);
    expect([nothing.pods[0]?.["cpu"], countOf(nothing, "no request in the log")]).toEqual(["2", 1]);
  });

  it("says where submissions may be starts (wait -1)", () => {
    expect(countOf(read([{ wait: -1, requested: 1 }]), "submission may be the start")).toBe(1);
  });

  it("drops what was cancelled before it ran (processors -1 or 0), keeps what was cancelled later", () => {
    const result = read([
      { status: 5, run: -1, allocated: -1 },
      { status: 5, run: 0, allocated: 0 },
      { number: 3, status: 5, run: 4, allocated: 1 },
    ]);
    expect(result.pods.map(({ pod }) => pod)).toEqual(["job-3"]);
    expect(countOf(result, "cancelled before it ran")).toBe(2);
    expect(countOf(read([{ allocated: 0 }]), "no processors known")).toBe(1);
    // What came so far runs as long as it did there.
    expect(countOf(result, "failed or was cancelled")).toBe(1);
  });

  it("counts a checkpointed job once: its parts (status 2, 3, 4) are left out", () => {
    const parts = [1, 2, 3, 4].map((status) => ({ status, requested: 1 }));
    const result = read(parts);
    expect([result.pods.length, countOf(result, "part of a job")]).toEqual([1, 3]);
  });

  it("takes skipped numbers, unsorted lines, a last line without an end and blank lines", () => {
    const text = `${HEADER}${job({ number: 9, submit: 8, requested: 1 })}\n${job({ number: 4, requested: 1 }).trim()}`;
    const { pods, problems } = importRows(SWF, { "log.swf": text });
    expect(problems).toEqual([]);
    expect(pods.map(({ pod, at_us }) => [pod, at_us])).toEqual([
      ["job-9", "8000000"],
      ["job-4", "0"],
    ]);
  });

  it("asks for memory (KB per processor) only where a node's memory is given", () => {
    const jobs = [{ requested: 2, requestedKb: 1024 }];
    const without = read(jobs);
    expect([without.pods[0]?.["memory"], countOf(without, "memory is not asked for")]).toEqual([
      undefined,
      1,
    ]);
    const given = read(jobs, { "node-memory": "1Gi" });
    expect(given.pods[0]?.["memory"]).toBe("2Mi");
    expect(given.nodes[0]?.["memory"]).toBe("1Gi");
  });

  it("says that jobs waited for others there (fields 17 and 18)", () => {
    expect(countOf(read([{ requested: 1, before: 3, think: 10 }]), "waited for another job")).toBe(
      1,
    );
  });

  it.each([
    ["run", [undefined], 1],
    ["drop", [], 1],
    ["draw", ["20000000"], 1],
  ])("with an unknown run time under --unfinished %s", (unfinished, runs, count) => {
    const jobs = [
      { number: 1, requested: 1, run: -1 },
      { number: 2, requested: 1, run: 20 },
    ];
    const result = read(jobs, { unfinished });
    const first = result.pods.filter(({ pod }) => pod === "job-1");
    expect(first.map(({ run_us }) => run_us)).toEqual(runs);
    expect(countOf(result, `--unfinished ${unfinished}`)).toBe(count);
  });

  it("refuses a log without sizes unless they are given, a short line and an empty log", () => {
    const bare = read([{ requested: 1 }], {}, "; Excerpt\n");
    expect(bare.problems).toMatchObject([{ hint: "say it with --node-count and --node-cpu" }]);
    const given = read([{ requested: 1 }], { "node-count": "3", "node-cpu": "2" }, "");
    expect([given.problems, given.nodes.length]).toEqual([[], 3]);
    const short = importRows(SWF, { "log.swf": `${HEADER}1 2 3\n${job({ requested: 1 })}` });
    expect(short.problems).toMatchObject([
      { line: 5, message: expect.stringContaining("18 numbers") },
    ]);
    expect(importRows(SWF, { "log.swf": HEADER }).problems).toHaveLength(1);
  });
});

describe("a piece of a trace", () => {
  const jobs = [10, 20, 30].map((submit, at) => ({ number: at, submit, requested: 1 }));
  it("begins at --from, which becomes 0, and ends before --until; the rest is counted", () => {
    const result = read(jobs, { from: "15s", until: "30s" });
    expect(result.pods.map(({ at_us }) => at_us)).toEqual(["5000000"]);
    expect([countOf(result, "before --from"), countOf(result, "at or after --until")]).toEqual([
      1, 1,
    ]);
    expect(result.scenario.units?.[0]).toContain("plus 15s");
    expect(read(jobs, { from: "soon" }).problems[0]?.message).toContain("--from soon");
  });
});

describe.skipIf(!existsSync(DATA))("the archive's logs (skipped: ../shared is absent)", () => {
  it("NASA iPSC/860: 18,239 jobs on 128 nodes, 173 of them 0 s long, no wait times", () => {
    const text = gunzipSync(
      readFileSync(new URL("NASA-iPSC-1993-3.1-cln.swf.gz", DATA)),
    ).toString();
    const result = importRows(SWF, { "log.swf": text }, { job: "pod" }, 65_536);
    expect([result.nodes.length, result.pods.length]).toEqual([128, 18_239]);
    expect(result.pods.filter(({ run_us }) => run_us === "0")).toHaveLength(173);
    expect(countOf(result, "submission may be the start")).toBe(18_239);
  });

  it("CTC SP2, an excerpt without a header", () => {
    const text = readFileSync(new URL("CTC-SP2-1996-3.1-cln.excerpt.swf", DATA), "utf8");
    const sizes = { "node-count": "338", "node-cpu": "1", job: "pod" };
    const { pods } = importRows(SWF, { "log.swf": text }, sizes);
    expect(pods[0]).toMatchObject({
      at_us: "0",
      run_us: "937000000",
      cpu: "306",
      namespace: "user-97",
    });
  });
});
