// Claims about the importer of the Philly traces, on rows written after their format: every quirk.

import { describe, expect, it } from "vitest";
import { PHILLY } from "../../../src/workload/traces/import/philly.ts";
import { readPacificTime } from "../../../src/workload/traces/import/pacific-time.ts";
import { countOf, importRows } from "./import-rows.ts";

const NODE = { "node-cpu": "24", "node-memory": "256Gi" };
const MACHINES = "machineId, number of GPUs, single GPU mem\nm25, 8, 24GB\nm3,2, 12GB\n";
const host = (gpus: number) => ({
  ip: "m25",
  gpus: Array.from({ length: gpus }, (_, at) => `gpu${at}`),
});
const attempt = (start: string, end: string, ...gpus: number[]) => ({
  start_time: start,
  end_time: end,
  detail: gpus.map(host),
});
const JOB = {
  ...{ status: "Pass", vc: "6214e9", jobid: "application_1506638472019_14199", user: "ce2f4c" },
  submitted_time: "2017-08-01 00:00:10",
  attempts: [attempt("2017-08-01 00:01:00", "2017-08-01 00:03:00", 1)],
};

function read(jobs: readonly object[], options = {}) {
  const texts = {
    cluster_machine_list: MACHINES,
    cluster_job_log: JSON.stringify(jobs, undefined, 1),
  };
  return importRows(PHILLY, texts, { ...NODE, ...options });
}

describe("a Philly trace", () => {
  it("makes nodes of the list, whose cells have blanks, and a pod of a job on one host", () => {
    const { nodes, pods, problems, scenario } = read([JOB]);
    expect(problems).toEqual([]);
    expect(nodes).toEqual([
      {
        node: "m25",
        cpu: "24",
        memory: "256Gi",
        pods: "110",
        "nvidia.com/gpu": "8",
        "label:podsim.dev/gpu-memory": "24GB",
      },
      {
        node: "m3",
        cpu: "24",
        memory: "256Gi",
        pods: "110",
        "nvidia.com/gpu": "2",
        "label:podsim.dev/gpu-memory": "12GB",
      },
    ]);
    expect(pods).toEqual([
      {
        pod: "application-1506638472019-14199",
        namespace: "vc-6214e9",
        at_us: "10000000",
        run_us: "120000000",
        "nvidia.com/gpu": "1",
      },
    ]);
    expect(scenario.units?.[0]).toContain("local time of the US Pacific coast");
  });

  it("requests are not given, only used GPUs: a pod per host, cpu and memory by the user's word", () => {
    const jobs = [
      { ...JOB, attempts: [attempt("2017-08-01 00:01:00", "2017-08-01 00:03:00", 8, 4)] },
    ];
    const result = read(jobs, { "cpu-per-gpu": "3", "memory-per-gpu": "10Gi" });
    expect(result.pods.map((pod) => [pod["nvidia.com/gpu"], pod["cpu"], pod["memory"]])).toEqual([
      ["8", "24", "80Gi"],
      ["4", "12", "40Gi"],
    ]);
    expect(countOf(result, "what they asked for")).toBe(1);
    expect(countOf(result, "not started together")).toBe(1);
    expect(countOf(read(jobs), "ask for GPUs alone")).toBe(2);
  });

  it("later attempts repeat the work: the job runs as its last attempt", () => {
    const attempts = [
      attempt("2017-08-01 00:01:00", "2017-08-01 09:00:00", 2),
      attempt("2017-08-01 09:00:00", "2017-08-01 09:00:07", 2),
    ];
    const result = read([{ ...JOB, attempts }]);
    expect(result.pods).toMatchObject([{ run_us: "7000000" }]);
    expect(countOf(result, "made again there")).toBe(1);
  });

  it("what failed or was killed runs as long as it did, and that is said", () => {
    const result = read([
      { ...JOB, status: "Killed" },
      { ...JOB, status: "Failed" },
    ]);
    expect([result.pods.length, countOf(result, "failed or were killed")]).toEqual([2, 2]);
  });

  it("attempts may be empty: what such a job asked for is not known", () => {
    const result = read([
      { ...JOB, attempts: [] },
      { ...JOB, attempts: [attempt("None", "None")] },
    ]);
    expect([result.pods.length, countOf(result, "never held a GPU")]).toEqual([0, 2]);
  });

  it("times 'None' and null are no times", () => {
    const open = [attempt("2017-08-01 00:01:00", "None", 1)];
    expect(countOf(read([{ ...JOB, attempts: open }]), "its end is not in the data")).toBe(1);
    expect(countOf(read([{ ...JOB, submitted_time: null }]), "without a time of submission")).toBe(
      1,
    );
    expect(read([{ ...JOB, submitted_time: "yesterday" }]).problems[0]?.message).toContain(
      '"yesterday"',
    );
  });

  it("local times cross the change to winter time: an hour comes twice", () => {
    const night = {
      ...JOB,
      submitted_time: "2017-11-05 00:30:00",
      attempts: [attempt("2017-11-05 00:30:00", "2017-11-05 02:30:00", 1)],
    };
    expect(read([night]).pods).toMatchObject([{ run_us: String(3 * 3600 * 1_000_000) }]);
    const twice = { ...night, submitted_time: "2017-11-05 01:30:00" };
    expect(countOf(read([twice]), "came twice")).toBe(1);
  });
});

describe("Pacific time", () => {
  it.each([
    ["2017-08-01 00:00:00", 1_501_570_800],
    ["2017-11-05 00:59:59", 1_509_868_799],
    ["2017-11-05 01:30:00", 1_509_870_600],
    ["2017-11-05 02:00:00", 1_509_876_000],
    ["2017-12-22 12:00:00", 1_513_972_800],
    ["2018-03-11 01:59:59", 1_520_762_399],
    ["2018-03-11 03:00:00", 1_520_762_400],
    ["2020-02-29 23:59:59", 1_583_049_599],
  ])("%s is Unix second %i", (text, seconds) => {
    expect(readPacificTime(text)?.unixSeconds).toBe(seconds);
  });

  it("is nothing for other texts", () => {
    for (const text of ["2017-13-01 00:00:00", "2017-1-1 0:0:0", "None", "2017-08-01"])
      expect(readPacificTime(text)).toBeUndefined();
  });
});
