// Reader of openb, Alibaba's GPU cluster trace of 2023 (cluster-trace-gpu-v2023).
//
// Node list: sn, cpu_milli, memory_mib, gpu, model. Pod list: name, cpu_milli, memory_mib, num_gpu,
// gpu_milli, gpu_spec and, in most files, creation_time and deletion_time in seconds. Whole GPUs
// become nvidia.com/gpu; a share of a GPU becomes the annotation that the plugin GpuShare reads, and the
// notes name it for schedulers without that plugin. The trace knows no pod limit per node: the
// published study uses 1001, and so does this reader.

import { type CsvTable, type Problem, readCsv } from "../../base/index.ts";
import type { Trace, TraceFile, TraceFormat, TraceNote, TracePod } from "../trace.ts";
import { GPU_SHARE_ANNOTATION, gpuSharesNote } from "./gpu-shares.ts";

/** Extended resource that a whole GPU is asked for under. */
export const OPENB_GPU_RESOURCE = "nvidia.com/gpu";
/** Label that holds a node's GPU model. */
export const OPENB_MODEL_LABEL = "openb.podsim.dev/gpu-model";

const PODS_PER_NODE = 1001;
const WHOLE_GPU_MILLI = 1000;
const NODE_COLUMNS = ["sn", "cpu_milli", "memory_mib", "gpu", "model"];
const POD_COLUMNS = ["name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"];

/** One row of a pod list, as the file has it. */
export interface OpenbPod {
  readonly name: string;
  readonly milliCpu: number;
  readonly memoryMib: number;
  /** num_gpu. */
  readonly gpus: number;
  /** Thousandths of each GPU; 0 where none is asked for. */
  readonly gpuMilli: number;
  /** Models joined by "|", as written; "" where any will do. */
  readonly gpuSpec: string;
  /** Seconds since the start of the trace; both undefined in lists without times. */
  readonly createdSeconds: number | undefined;
  readonly deletedSeconds: number | undefined;
}

/** The format's entry in the registry. */
export const OPENB: TraceFormat = {
  format: "openb",
  files: "one node list and one pod list (CSV)",
  read: readOpenb,
};

/** Reads one node list and one pod list, told apart by their headers, in any order. */
export function readOpenb(files: readonly TraceFile[]): Trace {
  const builder = new OpenbBuilder();
  for (const file of files) {
    const header = file.text.slice(0, Math.max(0, file.text.search(/[\r\n]/)));
    if (header.split(",").includes("sn")) builder.readNodes(file);
    else builder.readPods(file);
  }
  return builder.finish();
}

/** The rows of one pod list, for studies that need them as the file has them. */
export function readOpenbPods(file: TraceFile): {
  readonly pods: readonly OpenbPod[];
  readonly problems: readonly Problem[];
} {
  const builder = new OpenbBuilder();
  const pods = builder.readPodRows(file);
  return { pods, problems: builder.finish().problems };
}

class OpenbBuilder {
  private readonly nodes: object[] = [];
  private readonly pods: TracePod[] = [];
  private readonly templates: object[] = [];
  private readonly templateByKey = new Map<string, number>();
  private readonly problems: Problem[] = [];
  private sharesCount = 0;
  private withoutTimesCount = 0;

  readNodes(file: TraceFile): void {
    const table = readCsv(file.text, { file: file.name, columns: NODE_COLUMNS });
    this.problems.push(...table.problems);
    const cell = columnsOf(table);
    for (const row of table.rows) {
      const count = (column: string): number =>
        this.wholeNumber(file, row.line, column, cell(row.cells, column));
      const gpu = count("gpu");
      const model = cell(row.cells, "model");
      const resources: Record<string, string> = {
        cpu: `${count("cpu_milli")}m`,
        memory: `${count("memory_mib")}Mi`,
        pods: String(PODS_PER_NODE),
      };
      if (gpu > 0) resources[OPENB_GPU_RESOURCE] = String(gpu);
      const labels: Record<string, string> = { "kubernetes.io/hostname": cell(row.cells, "sn") };
      if (model !== "") labels[OPENB_MODEL_LABEL] = model;
      this.nodes.push({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: cell(row.cells, "sn"), labels },
        status: { capacity: resources, allocatable: resources },
      });
    }
  }

  readPods(file: TraceFile): void {
    for (const pod of this.readPodRows(file)) {
      const { createdSeconds: created, deletedSeconds: deleted } = pod;
      if (created === undefined) this.withoutTimesCount += 1;
      this.pods.push({
        name: pod.name,
        namespace: "default",
        submittedUs: (created ?? 0) * 1_000_000,
        durationUs:
          created === undefined || deleted === undefined
            ? undefined
            : Math.max(0, deleted - created) * 1_000_000,
        template: this.templateOf(pod),
      });
    }
  }

  /** The rows of a pod list; faults are kept for `finish`. */
  readPodRows(file: TraceFile): OpenbPod[] {
    const table = readCsv(file.text, { file: file.name, columns: POD_COLUMNS });
    this.problems.push(...table.problems);
    const cell = columnsOf(table);
    const hasTimes =
      table.header.includes("creation_time") && table.header.includes("deletion_time");
    return table.rows.map((row) => {
      const count = (column: string): number =>
        this.wholeNumber(file, row.line, column, cell(row.cells, column));
      const createdSeconds = hasTimes ? count("creation_time") : undefined;
      const deletedSeconds = hasTimes ? count("deletion_time") : undefined;
      if (createdSeconds !== undefined && deletedSeconds! < createdSeconds) {
        const why = `is before creation_time ${createdSeconds}`;
        this.refuse(file, row.line, "deletion_time", why, String(deletedSeconds));
      }
      return {
        name: cell(row.cells, "name"),
        milliCpu: count("cpu_milli"),
        memoryMib: count("memory_mib"),
        gpus: count("num_gpu"),
        gpuMilli: count("gpu_milli"),
        gpuSpec: table.header.includes("gpu_spec") ? cell(row.cells, "gpu_spec") : "",
        createdSeconds,
        deletedSeconds,
      };
    });
  }

  finish(): Trace {
    const order = this.pods.map((pod, row) => ({ pod, row }));
    order.sort((a, b) => a.pod.submittedUs - b.pod.submittedUs || a.row - b.row);
    return {
      format: "openb",
      nodes: this.nodes,
      templates: this.templates,
      pods: order.map(({ pod }) => pod),
      notes: this.notes(),
      problems: this.problems,
    };
  }

  private templateOf(pod: OpenbPod): number {
    const { milliCpu, memoryMib, gpus, gpuMilli, gpuSpec } = pod;
    const isShare = gpus === 1 && gpuMilli < WHOLE_GPU_MILLI;
    if (isShare) this.sharesCount += 1;
    const models = gpus > 0 && gpuSpec !== "" ? [...new Set(gpuSpec.split("|"))] : [];
    const gpuKey = isShare ? `share ${gpuMilli}` : gpus;
    const key = `${milliCpu} ${memoryMib} ${gpuKey} ${models.join("|")}`;
    const known = this.templateByKey.get(key);
    if (known !== undefined) return known;
    const amounts: Record<string, string> = { cpu: `${milliCpu}m`, memory: `${memoryMib}Mi` };
    if (gpus > 0 && !isShare) amounts[OPENB_GPU_RESOURCE] = String(gpus);
    const annotations = isShare ? { [GPU_SHARE_ANNOTATION]: String(gpuMilli) } : undefined;
    this.templates.push({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "default", ...(annotations && { annotations }) },
      spec: {
        restartPolicy: "Never",
        ...(models.length === 0 ? {} : { affinity: modelAffinity(models) }),
        containers: [
          { name: "task", image: "openb/task", resources: { requests: amounts, limits: amounts } },
        ],
      },
    });
    this.templateByKey.set(key, this.templates.length - 1);
    return this.templates.length - 1;
  }

  private wholeNumber(file: TraceFile, line: number, column: string, text: string): number {
    if (/^\d{1,15}$/.test(text)) return Number(text);
    this.refuse(file, line, column, "a whole number of at least 0 was expected", text);
    return 0;
  }

  private refuse(file: TraceFile, line: number, column: string, why: string, text: string): void {
    this.problems.push({
      code: "E_TRACE_VALUE",
      severity: "error",
      message: `${JSON.stringify(text)}: ${why}`,
      file: file.name,
      line,
      path: column,
    });
  }

  private notes(): TraceNote[] {
    const notes: TraceNote[] = [];
    if (this.sharesCount > 0) notes.push(gpuSharesNote(this.sharesCount));
    if (this.withoutTimesCount > 0) {
      notes.push({
        code: "TRACE_WITHOUT_TIMES",
        message: "the pod list has no times: all pods arrive at once and run for ever",
        count: this.withoutTimesCount,
        changesScheduling: true,
      });
    }
    return notes;
  }
}

function columnsOf(table: CsvTable): (cells: readonly string[], column: string) => string {
  const positions = new Map(table.header.map((name, index) => [name, index]));
  return (cells, column) => cells[positions.get(column) ?? -1] ?? "";
}

function modelAffinity(models: readonly string[]): object {
  const expression = { key: OPENB_MODEL_LABEL, operator: "In", values: models };
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [expression] }],
      },
    },
  };
}
