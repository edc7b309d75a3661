// Importer of KubeSBS, the side-by-side benchmark of Kubernetes simulators (openb's GPU pods).
//
// points.csv says how many rows of nodes.csv and pods.csv make a point. Four workloads, as the peers
// were measured on: k1 all pods at once and for ever, k2 the same with 60 s each, k2g also asking for
// their GPUs, k3 with the times of the original trace. MiB are binary, cpu is in thousandths.

import { assert } from "../../../base/index.ts";
import type {
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  ImportedScenario,
  TextSink,
} from "./importer.ts";
import { type ImportRow, rowReader } from "./row-reader.ts";

const NAMESPACE = "paib-gpu";
const IMAGE = "tensorflow:latest";
/** What the benchmark's nodes call their whole GPUs. */
export const KUBESBS_GPU_RESOURCE = "alibabacloud.com/gpu-count";
const MODEL_LABEL = "alibabacloud.com/gpu-card-model";
const SIXTY_US = "60000000";
const US_PER_SECOND = 1_000_000;

const WORKLOADS: ReadonlyMap<string, string> = new Map([
  ["k1", "all pods at 0, which never end"],
  ["k2", "all pods at 0, 60 s each"],
  ["k2g", "all pods at 0, 60 s each, whole GPUs requested"],
  ["k3", "pods at the times of the original trace, for as long as there"],
]);

/** The format's entry in the registry. */
export const KUBESBS: Importer = {
  format: "kubesbs",
  what: "the KubeSBS benchmark: GPU pods of openb on up to 1,213 nodes",
  files: [
    { name: "points.csv", what: "rows of nodes and pods per point", isRequired: true },
    { name: "nodes.csv", what: "nodes", isRequired: true },
    { name: "pods.csv", what: "pods", isRequired: true },
  ],
  options: [
    { name: "point", what: "size of the benchmark, a row of points.csv (100 to 1200)" },
    {
      name: "workload",
      what: [...WORKLOADS].map(([name, what]) => `${name}: ${what}`).join("; "),
      values: [...WORKLOADS.keys()],
      default: "k1",
    },
  ],
  start: (request) => new KubesbsImport(request),
};

class KubesbsImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly point: string;
  private readonly workload: string;
  private readonly points = new Map<string, { nodes: number; pods: number }>();
  private nodesMax = 0;
  private podsMax = 0;
  private nodeCount = 0;
  private podCount = 0;

  constructor(request: ImportRequest) {
    this.request = request;
    this.point = request.options.get("point")!;
    this.workload = request.options.get("workload")!;
    assert(WORKLOADS.has(this.workload), "the option's values are checked before");
    const gpu = this.asksForGpus ? [KUBESBS_GPU_RESOURCE] : [];
    request.nodes.columns(["node", "cpu", "memory", "pods", ...gpu, `label:${MODEL_LABEL}`]);
    const fields = ["pod", "namespace", "at_us", "run_us", "image", "restart"];
    request.pods.columns([...fields, "cpu", "memory", ...gpu]);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const { ledger } = this.request;
    const read = (columns: string[], sink: (row: ImportRow) => void): TextSink =>
      rowReader({ file: shownName, columns }, ledger, sink);
    if (file.name === "points.csv") {
      const reader = read(["point", "nodes", "pods"], (row) => this.readPoint(row));
      return { push: (text) => reader.push(text), end: () => this.choosePoint(reader, shownName) };
    }
    if (file.name === "nodes.csv") {
      const columns = ["name", "cpu_milli", "memory_mib", "pods", "gpu_count", "gpu_model"];
      return read(columns, (row) => this.readNode(row));
    }
    const columns = ["name", "cpu_milli", "memory_mib", "gpu_count", ...TIME_COLUMNS];
    return read(columns, (row) => this.readPod(row));
  }

  finish(): ImportedScenario {
    const { ledger } = this.request;
    this.refuseShort("nodes.csv", this.nodeCount, this.nodesMax);
    this.refuseShort("pods.csv", this.podCount, this.podsMax);
    ledger.note("assumed", "no delays of a control plane (preset instant)");
    if (!this.asksForGpus)
      ledger.note(
        "assumed",
        "the wish for GPUs stays an annotation that nobody reads (k2g makes it a request)",
        {
          count: this.podCount,
        },
      );
    return {
      name: `kubesbs-${this.workload}-${this.point}`,
      description: `KubeSBS point ${this.point}: ${this.nodeCount} nodes, ${this.podCount} pods; ${WORKLOADS.get(this.workload)!}`,
      origin: [
        "KubeSBS (GCDA-UDL/k8s-sims), Apache-2.0; pods and nodes from the Alibaba openb trace, Apache-2.0",
      ],
      preset: "instant",
      namespaces: [NAMESPACE],
      units: ["time: seconds of the trace of origin; cpu: thousandths of a core; memory: MiB"],
    };
  }

  private get asksForGpus(): boolean {
    return this.workload === "k2g";
  }

  private readPoint(row: ImportRow): void {
    this.points.set(row.text("point"), { nodes: row.count("nodes"), pods: row.count("pods") });
  }

  private choosePoint(reader: TextSink, file: string): void {
    reader.end();
    const chosen = this.points.get(this.point);
    this.nodesMax = chosen?.nodes ?? 0;
    this.podsMax = chosen?.pods ?? 0;
    if (chosen !== undefined || this.request.ledger.problems.length > 0) return;
    const message = `there is no point '${this.point}': points are ${[...this.points.keys()].join(", ")}`;
    this.request.ledger.refuse({ code: "E_IMPORT_POINT", message, file });
  }

  private readNode(row: ImportRow): void {
    if (this.nodeCount >= this.nodesMax) {
      this.leaveOut("nodes", row);
      return;
    }
    this.nodeCount++;
    this.request.nodes.row([
      row.text("name"),
      `${row.count("cpu_milli")}m`,
      `${row.count("memory_mib")}Mi`,
      String(row.count("pods")),
      ...(this.asksForGpus ? [nonZero(row.count("gpu_count"))] : []),
      row.text("gpu_model"),
    ]);
  }

  private readPod(row: ImportRow): void {
    if (this.podCount >= this.podsMax) {
      this.leaveOut("pods", row);
      return;
    }
    this.podCount++;
    const [atUs, runUs] = this.timesOf(row);
    this.request.pods.row([
      ...[row.text("name"), NAMESPACE, atUs, runUs, IMAGE, "OnFailure"],
      `${row.count("cpu_milli")}m`,
      `${row.count("memory_mib")}Mi`,
      ...(this.asksForGpus ? [nonZero(row.count("gpu_count"))] : []),
    ]);
  }

  private leaveOut(what: string, row: ImportRow): void {
    this.request.ledger.note("dropped", `${what} beyond point ${this.point}`, { line: row.line });
  }

  private timesOf(row: ImportRow): readonly [string, string] {
    if (this.workload !== "k3") return ["0", this.workload === "k1" ? "" : SIXTY_US];
    const { ledger } = this.request;
    const { line } = row;
    const created = row.count("openb_creation_s");
    const scheduled = row.countIfAny("openb_scheduled_s");
    if (scheduled === undefined)
      ledger.note("assumed", "never scheduled there: runs from its creation to its deletion", {
        line,
      });
    const seconds = row.count("openb_deletion_s") - (scheduled ?? created);
    if (seconds < 1) ledger.note("repaired", "ran for less than 1 s: runs 1 s", { line });
    return [String(created * US_PER_SECOND), String(Math.max(1, seconds) * US_PER_SECOND)];
  }

  private refuseShort(file: string, found: number, wanted: number): void {
    if (found === wanted || this.request.ledger.problems.length > 0) return;
    const message = `point ${this.point} needs ${wanted} rows, the file has ${found}`;
    this.request.ledger.refuse({ code: "E_IMPORT_SHORT", message, file });
  }
}

const TIME_COLUMNS = ["openb_creation_s", "openb_scheduled_s", "openb_deletion_s"];

function nonZero(count: number): string {
  return count === 0 ? "" : String(count);
}
