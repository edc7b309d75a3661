// The openb reader on a hand-made pair of files, and on the real trace where it is at hand.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  OPENB_GPU_RESOURCE,
  OPENB_MODEL_LABEL,
  readOpenb,
} from "../../src/workload/traces/openb.ts";

const NODES = "sn,cpu_milli,memory_mib,gpu,model\nn0,32000,262144,0,\nn1,64000,524288,8,T4\n";
const PODS = [
  "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time",
  "p0,4000,1024,1,1000,T4|T4|P100,LS,Running,20,50,20",
  "p1,4000,1024,1,460,,BE,Running,10,10,10",
  "p2,4000,1024,0,0,T4,BE,Pending,10,40,",
  "p3,4000,1024,0,0,,BE,Pending,10,45,",
].join("\n");

const TRACE = new URL("../../../shared/data/openb/", import.meta.url);

function read(nodes: string, pods: string): ReturnType<typeof readOpenb> {
  return readOpenb([
    { name: "pods.csv", text: pods },
    { name: "nodes.csv", text: nodes },
  ]);
}

describe("openb", () => {
  it("makes nodes with whole GPUs and a model label", () => {
    const { nodes, problems } = read(NODES, PODS);
    expect(problems).toEqual([]);
    expect(nodes).toMatchObject([
      {
        metadata: { name: "n0" },
        status: { allocatable: { cpu: "32000m", memory: "262144Mi", pods: "1001" } },
      },
      {
        metadata: { labels: { [OPENB_MODEL_LABEL]: "T4" } },
        status: { allocatable: { [OPENB_GPU_RESOURCE]: "8" } },
      },
    ]);
    expect(JSON.stringify(nodes[0])).not.toContain(OPENB_GPU_RESOURCE);
  });

  it("sorts pods by submission, then by row, and takes lifetimes from the times", () => {
    const { pods } = read(NODES, PODS);
    expect(Array.from(pods, (pod) => [pod.name, pod.submittedUs, pod.durationUs])).toEqual([
      ["p1", 10e6, 0],
      ["p2", 10e6, 30e6],
      ["p3", 10e6, 35e6],
      ["p0", 20e6, 30e6],
    ]);
  });

  it("asks for whole GPUs of the named models, and for no GPU where it is a share", () => {
    const { pods, templates, notes } = read(NODES, PODS);
    const specOf = (name: string) =>
      JSON.stringify(templates[[...pods].find((pod) => pod.name === name)!.template]);
    expect(specOf("p0")).toContain(`"${OPENB_GPU_RESOURCE}":"1"`);
    expect(specOf("p0")).toContain('"values":["T4","P100"]');
    expect(specOf("p1")).not.toContain(OPENB_GPU_RESOURCE);
    expect(specOf("p2")).not.toContain("affinity");
    expect(pods.at(1)!.template).toBe(pods.at(2)!.template);
    expect(notes).toMatchObject([{ code: "GPU_SHARE_IGNORED", count: 1, changesScheduling: true }]);
  });

  it("names file, line and column of what is no number", () => {
    const { problems } = read(NODES, PODS.replace("p1,4000", "p1,4e3"));
    expect(problems).toMatchObject([
      { code: "E_TRACE_VALUE", file: "pods.csv", line: 3, path: "cpu_milli" },
    ]);
    expect(read(NODES, PODS.replace("10,10,10", "10,9,10")).problems[0]!.message).toContain(
      "before creation_time",
    );
  });

  it.skipIf(!existsSync(TRACE))("reads the whole real trace", () => {
    const file = (name: string) => ({ name, text: readFileSync(new URL(name, TRACE), "utf8") });
    const trace = readOpenb([
      file("openb_node_list_all_node.csv"),
      file("openb_pod_list_default.csv"),
    ]);
    expect(trace.problems).toEqual([]);
    expect([trace.nodes.length, trace.pods.length]).toEqual([1523, 8152]);
    for (const variant of ["multigpu20", "gpuspec33"]) {
      const other = readOpenb([
        file("openb_node_list_gpu_node.csv"),
        file(`openb_pod_list_${variant}.csv`),
      ]);
      expect(other.problems).toEqual([]);
      expect(other.nodes.length).toBe(1213);
    }
  });
});
