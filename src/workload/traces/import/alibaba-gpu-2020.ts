// Importer of Alibaba's PAI trace of 2020 (cluster-trace-gpu-v2020): machines, jobs and tasks.
//
// A task is so many instances alike, each of them a pod. A job comes when its user submitted it, which
// the job table says; a task's own times say how long it ran. Amounts are per instance: hundredths of a
// core and of a GPU, GB of memory. The job table is held in memory, the rest flows.

import { GPU_SHARE_ANNOTATION } from "../gpu-shares.ts";
import { OPENB_GPU_RESOURCE } from "../openb.ts";
import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { notePodsPerNode, PODS_PER_NODE } from "./given-nodes.ts";
import { ImportedPods, SPAN_OPTIONS, UNFINISHED_OPTION } from "./imported-pods.ts";
import { cpuText, memoryText } from "./import-units.ts";
import { objectNameOf, Tenants, textOfItsOwn } from "./kubernetes-names.ts";
import { type ImportRow, positionalReader } from "./row-reader.ts";

const MACHINES = "pai_machine_spec.csv";
const JOBS = "pai_job_table.csv";
const TASKS = "pai_task_table.csv";

// As published, each table is alone in a .tar.gz of its name.
const namesOf = (table: string): readonly string[] => [`${table}*.csv`, `${table}*.tar.gz`];

/** The format's entry in the registry. */
export const ALIBABA_GPU_2020: Importer = {
  format: "alibaba-gpu-2020",
  what: "Alibaba's PAI GPU cluster of 2020: machine, job and task tables",
  files: [
    { name: MACHINES, what: "machines", isRequired: true, alike: namesOf("pai_machine_spec") },
    { name: JOBS, what: "jobs", isRequired: true, alike: namesOf("pai_job_table") },
    { name: TASKS, what: "tasks", isRequired: true, alike: namesOf("pai_task_table") },
  ],
  options: [UNFINISHED_OPTION, ...SPAN_OPTIONS],
  start: (request) => new AlibabaGpu2020Import(request),
};

const MODEL = "podsim.dev/gpu-type";
const MACHINE_COLUMNS = ["machine", "gpu_type", "cap_cpu", "cap_mem", "cap_gpu"];
const JOB_COLUMNS = ["job_name", "inst_id", "user", "status", "start_time", "end_time"];
const TASK_COLUMNS = [
  ...["job_name", "task_name", "inst_num", "status", "start_time", "end_time"],
  ...["plan_cpu", "plan_mem", "plan_gpu", "gpu_type"],
];
const US_PER_SECOND = 1_000_000;
const BYTES_PER_GB = 1_073_741_824;
const OPEN_STATUSES: ReadonlySet<string> = new Set(["Running", "Waiting", ""]);

interface PaiJob {
  readonly submittedSeconds: number;
  readonly user: string;
  taskCount: number;
}

class AlibabaGpu2020Import implements ImportJob {
  private readonly request: ImportRequest;
  private readonly pods: ImportedPods;
  private readonly users = new Tenants("user");
  private readonly jobs = new Map<string, PaiJob>();
  private readonly models = new Set<string>();
  private firstSeconds = Number.POSITIVE_INFINITY;
  private lastSeconds = 0;
  private nodeCount = 0;

  constructor(request: ImportRequest) {
    this.request = request;
    const gpu = OPENB_GPU_RESOURCE;
    request.nodes.columns(["node", "cpu", "memory", "pods", gpu, `label:${MODEL}`]);
    const share = `annotation:${GPU_SHARE_ANNOTATION}`;
    this.pods = new ImportedPods(request, ["cpu", "memory", gpu, share, `node:${MODEL}`]);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const read = (
      columns: string[],
      sink: (row: ImportRow) => void,
      columnsMin: number,
    ): TextSink => {
      const source = { file: shownName, columns, columnsMin };
      return positionalReader(source, this.request.ledger, sink);
    };
    if (file.name === MACHINES) return read(MACHINE_COLUMNS, (row) => this.readMachine(row), 5);
    if (file.name === JOBS) return read(JOB_COLUMNS, (row) => this.readJob(row), 5);
    return read(TASK_COLUMNS, (row) => this.readTask(row), 8);
  }

  finish(): ImportedScenario {
    this.pods.finish();
    const { ledger } = this.request;
    notePodsPerNode(this.request, this.nodeCount);
    const gangs = [...this.jobs.values()].filter(({ taskCount }) => taskCount > 1).length;
    if (gangs > 0)
      ledger.note(
        "assumed",
        "jobs of several tasks (ps, worker, ...): they are not started together",
        {
          count: gangs,
        },
      );
    const first = Number.isFinite(this.firstSeconds) ? this.firstSeconds : 0;
    return {
      name: "alibaba-gpu-2020",
      description: `Alibaba PAI 2020: ${this.nodeCount} nodes, ${this.jobs.size} jobs, ${this.pods.count} pods`,
      origin: ["Alibaba cluster-trace-gpu-v2020, CC-BY-4.0; cite Weng et al., NSDI 2022"],
      preset: "kubernetes-1.36",
      namespaces: this.users.list(),
      units: [
        `time: seconds with an undisclosed offset (hour and weekday are UTC+8); ${this.pods.clock(`second ${first}, the first submission`)}`,
        "cpu: plan_cpu 100 is 1 core; GPU: plan_gpu 100 is 1 GPU; memory: GB as GiB (1024^3 bytes)",
      ],
    };
  }

  private readMachine(row: ImportRow): void {
    this.nodeCount++;
    const gpus = row.count("cap_gpu");
    const model = row.text("gpu_type");
    if (gpus > 0) this.models.add(model);
    this.request.nodes.row([
      objectNameOf(row.text("machine")),
      cpuText(row.count("cap_cpu") * 1000),
      memoryText(row.count("cap_mem") * BYTES_PER_GB),
      PODS_PER_NODE,
      gpus === 0 ? "" : String(gpus),
      model,
    ]);
  }

  // The job's own start is its submission; when it began to run is in the task table.
  private readJob(row: ImportRow): void {
    const submittedSeconds = row.numberIfAny("start_time");
    if (submittedSeconds === undefined) {
      this.request.ledger.note("dropped", "jobs without a time of submission", { line: row.line });
      return;
    }
    if (submittedSeconds < this.firstSeconds) this.firstSeconds = submittedSeconds;
    const user = textOfItsOwn(row.text("user"));
    this.jobs.set(textOfItsOwn(row.text("job_name")), { submittedSeconds, user, taskCount: 0 });
  }

  private readTask(row: ImportRow): void {
    const { ledger } = this.request;
    const { line } = row;
    const job = this.jobs.get(row.text("job_name"));
    const started = row.numberIfAny("start_time");
    if (job === undefined) {
      ledger.note("dropped", "tasks of jobs that the job table lacks", { line });
      return;
    }
    const ended = row.numberIfAny("end_time");
    const isOpen = ended === undefined || OPEN_STATUSES.has(row.text("status"));
    if (!isOpen && (started === undefined || ended < started)) {
      ledger.note("dropped", "tasks that ended and have no start, or ended before it", { line });
      return;
    }
    this.lastSeconds = Math.max(this.lastSeconds, started ?? 0, ended ?? 0);
    job.taskCount++;
    if (row.text("status") === "Failed")
      ledger.note("assumed", "tasks that failed there run as long as they did, and succeed", {
        line,
      });
    this.pods.add({
      name: objectNameOf(`${row.text("job_name")}-${row.text("task_name")}`),
      namespace: this.users.namespaceOf(job.user),
      submittedUs: Math.round((job.submittedSeconds - this.firstSeconds) * US_PER_SECOND),
      runUs: isOpen ? undefined : Math.round((ended - started!) * US_PER_SECOND),
      seenUs: Math.round((this.lastSeconds - (started ?? this.lastSeconds)) * US_PER_SECOND),
      cells: this.amountsOf(row),
      line,
      count: Math.max(1, row.countIfAny("inst_num") ?? 1),
    });
  }

  private amountsOf(row: ImportRow): readonly string[] {
    const { ledger } = this.request;
    const { line } = row;
    const cpu = row.numberIfAny("plan_cpu");
    const memory = row.numberIfAny("plan_mem");
    if (cpu === undefined || memory === undefined)
      ledger.note("assumed", "no plan_cpu or plan_mem: asks for none", { line });
    const gpuPercent = row.numberIfAny("plan_gpu") ?? 0;
    const isShare = gpuPercent > 0 && gpuPercent < 100;
    if (gpuPercent > 100 && gpuPercent % 100 !== 0)
      ledger.note("repaired", "GPUs and a part of one more: rounded up to whole ones", { line });
    return [
      cpu === undefined ? "" : cpuText(Math.ceil(cpu * 10)),
      memory === undefined ? "" : memoryText(Math.ceil(memory * BYTES_PER_GB)),
      gpuPercent >= 100 ? String(Math.ceil(gpuPercent / 100)) : "",
      isShare ? String(Math.ceil(gpuPercent * 10)) : "",
      this.modelOf(row, gpuPercent),
    ];
  }

  // A wish is kept where a machine can grant it; MISC stands for several old models in both tables.
  private modelOf(row: ImportRow, gpuPercent: number): string {
    const model = row.text("gpu_type");
    if (gpuPercent === 0 || model === "" || model === "CPU") return "";
    if (this.models.has(model)) return model;
    this.request.ledger.note("repaired", "a GPU type that no machine has: any type", {
      line: row.line,
    });
    return "";
  }
}
