// Importer of openb, Alibaba's GPU cluster trace of 2023: one node list and one of its pod lists.
//
// Cells mean what the format openb of workload.traces takes them for: whole GPUs are nvidia.com/gpu, a
// share is the annotation of the plugin GpuShare, models are wishes for a node label. What the lists
// hold beside that (qos, phase, time of scheduling) tells of the cluster they come from and is left out.

import { OPENB_GPU_RESOURCE, OPENB_MODEL_LABEL } from "../openb.ts";
import { GPU_SHARE_ANNOTATION } from "../gpu-shares.ts";
import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { type ImportRow, rowReader } from "./row-reader.ts";

const US_PER_SECOND = 1_000_000;
const WHOLE_GPU_MILLI = 1000;
/** No limit is in the trace; the study made of it uses this one. */
const PODS_PER_NODE = "1001";
const WORKLOADS = [
  "default",
  ...["037", "050", "072", "100", "200", "235", "250", "300"].map((share) => `cpu${share}`),
  ...[20, 40, 60, 80, 100].map((share) => `gpushare${share}`),
  ...["05", "10", "20", "25", "33"].map((share) => `gpuspec${share}`),
  ...[20, 30, 40, 50].map((share) => `multigpu${share}`),
] as const;

const nodeFile = (nodes: string): string => `openb_node_list_${nodes}_node.csv`;
const podFile = (workload: string): string => `openb_pod_list_${workload}.csv`;

/** The format's entry in the registry. */
export const OPENB_IMPORTER: Importer = {
  format: "openb",
  what: "Alibaba's GPU cluster of 2023: up to 1,523 nodes, one of its pod lists",
  files: [
    ...["all", "gpu"].map((nodes) => ({
      name: nodeFile(nodes),
      what: `nodes (${nodes})`,
      isRequired: false,
    })),
    ...WORKLOADS.map((name) => ({
      name: podFile(name),
      what: `pods of the workload ${name}`,
      isRequired: false,
    })),
  ],
  options: [
    { name: "workload", what: "which pod list", values: WORKLOADS, default: "default" },
    {
      name: "nodes",
      what: "all nodes, or those with GPUs alone",
      values: ["all", "gpu"],
      default: "all",
    },
  ],
  start: (request) => new OpenbImport(request),
};

const NODE_COLUMNS = ["sn", "cpu_milli", "memory_mib", "gpu", "model"];
const POD_COLUMNS = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"];
const NO_SINK: TextSink = { push: () => undefined, end: () => undefined };

class OpenbImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly workload: string;
  private readonly nodes: string;
  private nodeCount = 0;
  private podCount = 0;

  constructor(request: ImportRequest) {
    this.request = request;
    this.workload = request.options.get("workload")!;
    this.nodes = request.options.get("nodes")!;
    const label = `label:${OPENB_MODEL_LABEL}`;
    request.nodes.columns(["node", "cpu", "memory", "pods", OPENB_GPU_RESOURCE, label]);
    const wish = `node:${OPENB_MODEL_LABEL}`;
    const share = `annotation:${GPU_SHARE_ANNOTATION}`;
    const amounts = ["cpu", "memory", OPENB_GPU_RESOURCE, share, wish];
    request.pods.columns(["pod", "at_us", "run_us", ...amounts]);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const { ledger } = this.request;
    if (file.name === nodeFile(this.nodes)) {
      const source = { file: shownName, columns: NODE_COLUMNS };
      return rowReader(source, ledger, (row) => this.readNode(row));
    }
    if (file.name === podFile(this.workload)) {
      const source = { file: shownName, columns: POD_COLUMNS };
      return rowReader(source, ledger, (row) => this.readPod(row, shownName));
    }
    return NO_SINK;
  }

  finish(): ImportedScenario {
    const { nodeCount, podCount, nodes, workload } = this;
    this.refuseMissing(nodeFile(nodes), nodeCount);
    this.refuseMissing(podFile(workload), podCount);
    const what = `room for ${PODS_PER_NODE} pods per node: the trace knows no limit`;
    this.request.ledger.note("assumed", what, { count: nodeCount });
    return {
      name: `openb-${workload}`,
      description: `openb ${workload}: ${nodeCount} nodes, ${podCount} pods`,
      origin: ["Alibaba cluster-trace-gpu-v2023 (openb), Apache-2.0"],
      preset: "kubernetes-1.36",
      namespaces: [],
      units: [
        "time: seconds; instant 0 is the trace's start",
        "cpu: thousandths of a core; memory: MiB (1024^2 bytes); GPU: thousandths",
      ],
    };
  }

  private readNode(row: ImportRow): void {
    this.nodeCount++;
    const gpus = row.count("gpu");
    this.request.nodes.row([
      row.text("sn"),
      `${row.count("cpu_milli")}m`,
      `${row.count("memory_mib")}Mi`,
      PODS_PER_NODE,
      gpus === 0 ? "" : String(gpus),
      row.text("model"),
    ]);
  }

  private readPod(row: ImportRow, file: string): void {
    this.podCount++;
    const gpus = row.count("num_gpu");
    const milli = row.count("gpu_milli");
    const isShare = gpus === 1 && milli < WHOLE_GPU_MILLI;
    const isOdd = gpus > 0 && (milli < 1 || milli > WHOLE_GPU_MILLI || (gpus > 1 && milli < 1000));
    if (isOdd) this.refuse(row, file, "gpu_milli", `${milli} of each of ${gpus} GPUs`);
    this.request.pods.row([
      row.text("name"),
      ...this.timesOf(row, file),
      `${row.count("cpu_milli")}m`,
      `${row.count("memory_mib")}Mi`,
      gpus > 0 && !isShare ? String(gpus) : "",
      isShare ? String(milli) : "",
      this.modelsOf(row, gpus),
    ]);
  }

  private timesOf(row: ImportRow, file: string): readonly [string, string] {
    const { ledger } = this.request;
    const { line } = row;
    if (!row.has("creation_time") || !row.has("deletion_time")) {
      ledger.note("assumed", "no times in the list: comes at 0 and runs for ever", { line });
      return ["0", ""];
    }
    const created = row.count("creation_time");
    const seconds = row.count("deletion_time") - created;
    if (seconds < 0) this.refuse(row, file, "deletion_time", `before creation_time ${created}`);
    if (row.has("scheduled_time") && row.text("scheduled_time") === "") {
      const what = "never scheduled there: runs from its creation to its deletion like the others";
      ledger.note("assumed", what, { line });
    }
    return [String(created * US_PER_SECOND), String(Math.max(0, seconds) * US_PER_SECOND)];
  }

  private modelsOf(row: ImportRow, gpus: number): string {
    const text = row.has("gpu_spec") ? row.text("gpu_spec") : "";
    if (text === "") return "";
    const { ledger } = this.request;
    if (gpus === 0) {
      ledger.note("repaired", "a list of GPU models without a GPU: left out", { line: row.line });
      return "";
    }
    const models = text.split("|");
    const distinct = [...new Set(models)];
    if (distinct.length < models.length) {
      ledger.note("repaired", "a GPU model is named twice: counted once", { line: row.line });
    }
    return distinct.join("|");
  }

  private refuse({ line }: ImportRow, file: string, path: string, message: string): void {
    this.request.ledger.refuse({ code: "E_IMPORT_VALUE", message, file, line, path });
  }

  private refuseMissing(file: string, count: number): void {
    if (count > 0 || this.request.ledger.problems.length > 0) return;
    const message = "is not there, or has no rows";
    this.request.ledger.refuse({ code: "E_IMPORT_SHORT", message, file });
  }
}
