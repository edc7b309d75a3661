// Claims about the importer of Alibaba's PAI trace of 2020: every quirk on hand-made rows, the real machines.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ALIBABA_GPU_2020 } from "../../../src/workload/traces/import/alibaba-gpu-2020.ts";
import { countOf, importRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/alibaba-gpu-v2020/", import.meta.url);
const MACHINES = "m1,T4,96,512,2\nm2,MISC,96,512,8\nm3,CPU,96,512,0\n";
const JOBS = "j1,i1,u1,Terminated,1000.5,1100.0\nj2,i2,u2,Running,1010.0,\n";

function read(tasks: readonly string[], options = {}, jobs = JOBS) {
  const texts = {
    "pai_machine_spec.csv": MACHINES,
    "pai_job_table.csv": jobs,
    "pai_task_table.csv": `${tasks.join("\n")}\n`,
  };
  return importRows(ALIBABA_GPU_2020, texts, options);
}
/** job, task, inst_num, status, start, end, plan_cpu, plan_mem, plan_gpu, gpu_type */
const WORKER = "j1,worker,1.0,Terminated,1010.5,1100.5,600.0,29.296875,100.0,T4";

describe("Alibaba's PAI trace of 2020", () => {
  it("submits at the job's start and runs as long as the task: the difference was the wait", () => {
    const { pods, nodes, problems, scenario } = read([WORKER.replace("1.0,", "1,")]);
    expect(problems).toEqual([]);
    expect(
      nodes.map((node) => [
        node["cpu"],
        node["memory"],
        node["nvidia.com/gpu"],
        node["label:podsim.dev/gpu-type"],
      ]),
    ).toEqual([
      ["96", "512Gi", "2", "T4"],
      ["96", "512Gi", "8", "MISC"],
      ["96", "512Gi", undefined, "CPU"],
    ]);
    expect(pods).toEqual([
      {
        ...{ pod: "j1-worker", namespace: "user-u1", at_us: "0", run_us: "90000000" },
        ...{ cpu: "6", memory: "30000Mi", "nvidia.com/gpu": "1", "node:podsim.dev/gpu-type": "T4" },
      },
    ]);
    expect(scenario.units?.[0]).toContain(
      "undisclosed offset (hour and weekday are UTC+8); instant 0 is second 1000.5",
    );
  });

  it("amounts are per instance: inst_num instances are so many pods", () => {
    const { pods } = read(["j1,ps,3,Terminated,1010,1020,100,1,,"]);
    expect(pods.map(({ pod, cpu }) => [pod, cpu])).toEqual([
      ["j1-ps-0", "1"],
      ["j1-ps-1", "1"],
      ["j1-ps-2", "1"],
    ]);
  });

  it("50 is half a GPU, a share; 150 is rounded up to two", () => {
    const share = read(["j1,w,1,Terminated,1010,1020,100,1,50,MISC"]);
    expect(share.pods[0]).toMatchObject({
      "annotation:alibabacloud.com/gpu-milli": "500",
      "node:podsim.dev/gpu-type": "MISC",
    });
    expect(share.pods[0]).not.toHaveProperty("nvidia.com/gpu");
    const more = read(["j1,w,1,Terminated,1010,1020,100,1,150,"]);
    expect([more.pods[0]?.["nvidia.com/gpu"], countOf(more, "rounded up to whole")]).toEqual([
      "2",
      1,
    ]);
  });

  it("CPU is the type of machines without GPUs: no wish; a type that no machine has is none either", () => {
    expect(read(["j1,w,1,Terminated,1010,1020,100,1,0,CPU"]).pods[0]).not.toHaveProperty(
      "node:podsim.dev/gpu-type",
    );
    const odd = read(["j1,w,1,Terminated,1010,1020,100,1,100,V9"]);
    expect(countOf(odd, "that no machine has")).toBe(1);
    expect(odd.pods[0]).not.toHaveProperty("node:podsim.dev/gpu-type");
  });

  it("an empty end is unfinished, whatever the status; Running and Waiting are, too", () => {
    for (const row of [
      "j2,w,1,Terminated,1010,,1,1,,",
      "j2,w,1,Running,1010,1020,1,1,,",
      "j2,w,1,Waiting,,,1,1,,",
    ]) {
      const result = read([row]);
      expect(countOf(result, "its end is not in the data")).toBe(1);
      expect(read([row], { unfinished: "drop" }).pods).toEqual([]);
    }
  });

  it("only Terminated is success: what failed runs as long as it did, and that is said", () => {
    const result = read(["j1,w,1,Failed,1010,1020,1,1,,"]);
    expect([result.pods[0]?.["run_us"], countOf(result, "failed there")]).toEqual(["10000000", 1]);
  });

  it("jobs with several tasks are gangs, which Kubernetes does not start together", () => {
    const task = (name: string) => `j1,${name},1,Terminated,1010,1020,1,1,,`;
    expect(countOf(read([task("ps"), task("worker")]), "not started together")).toBe(1);
  });

  it("tasks without a job, and jobs without a submission, are counted", () => {
    expect(countOf(read(["j9,w,1,Terminated,1,2,1,1,,"]), "that the job table lacks")).toBe(1);
    expect(countOf(read([], {}, "j1,i,u,Failed,,\n"), "without a time of submission")).toBe(1);
    expect(countOf(read(["j1,w,1,Terminated,1020,1010,1,1,,"]), "ended before it")).toBe(1);
  });

  it("the header lines that are shipped beside the tables may stand in them", () => {
    const header =
      "job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,plan_mem,plan_gpu,gpu_type";
    const result = read([header, "j1,w,1,Terminated,1010,1020,100,1,,"]);
    expect([result.pods.length, countOf(result, "a header line")]).toEqual([1, 1]);
  });
});

describe.skipIf(!existsSync(DATA))("the real machines (skipped: ../shared is absent)", () => {
  it("are 1,897 with the shapes of the published list", () => {
    const machines = readFileSync(new URL("pai_machine_spec.csv", DATA), "utf8");
    const texts = {
      "pai_machine_spec.csv": machines,
      "pai_job_table.csv": JOBS,
      "pai_task_table.csv": "",
    };
    const { nodes, problems } = importRows(ALIBABA_GPU_2020, texts, {}, 65_536);
    expect(problems).toEqual([]);
    expect(nodes).toHaveLength(1897);
    const shapes = nodes.map(
      (node) => `${node["label:podsim.dev/gpu-type"]} x${node["nvidia.com/gpu"] ?? 0}`,
    );
    const countShape = (shape: string) => shapes.filter((found) => found === shape).length;
    expect(
      ["P100 x2", "T4 x2", "MISC x8", "V100M32 x8", "V100 x8", "CPU x0"].map(countShape),
    ).toEqual([798, 497, 280, 135, 104, 83]);
  });
});
