// Importer of Microsoft's Philly traces (2017): cluster_job_log and cluster_machine_list.
//
// The job log is one JSON list. It says which GPUs a job held and not what it asked for, so every host
// of its last attempt becomes a pod with as many GPUs. Times are local without a zone; cpu and memory
// of machines are nowhere, so the user says them.

import { JsonElements } from "../../../base/index.ts";
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
import { cpuText, givenAmount, memoryText } from "./import-units.ts";
import { objectNameOf, Tenants } from "./kubernetes-names.ts";
import { readPacificTime } from "./pacific-time.ts";
import { type ImportRow, rowReader } from "./row-reader.ts";

const MACHINES = "cluster_machine_list";
const JOBS = "cluster_job_log";
const WHY = "the trace says how many GPUs a machine has, and nothing else of it";

/** The format's entry in the registry. */
export const PHILLY: Importer = {
  format: "philly",
  what: "Microsoft's Philly GPU cluster of 2017: machine list and job log",
  files: [
    { name: MACHINES, what: "machines", isRequired: true, alike: [`${MACHINES}.csv`] },
    { name: JOBS, what: "jobs", isRequired: true, alike: [`${JOBS}.json`] },
  ],
  options: [
    { name: "node-cpu", what: "cores of each machine", hint: `${WHY}: --node-cpu 24` },
    { name: "node-memory", what: "memory of each machine", hint: `${WHY}: --node-memory 256Gi` },
    {
      name: "cpu-per-gpu",
      what: "cores that a pod asks for with each GPU; none if left out",
      isOptional: true,
    },
    {
      name: "memory-per-gpu",
      what: "memory that a pod asks for with each GPU; none if left out",
      isOptional: true,
    },
    UNFINISHED_OPTION,
    ...SPAN_OPTIONS,
  ],
  start: (request) => new PhillyImport(request),
};

const US_PER_SECOND = 1_000_000;
/** 2017-08-01 00:00:00 PDT, in the first month of the published log. */
const START_UNIX_SECONDS = 1_501_570_800;
const MEMORY_LABEL = "podsim.dev/gpu-memory";
const MACHINE_COLUMNS = ["machineId", "number of GPUs", "single GPU mem"];

interface PhillyAttempt {
  readonly start_time?: unknown;
  readonly end_time?: unknown;
  readonly detail?: unknown;
}

class PhillyImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly pods: ImportedPods;
  private readonly tenants = new Tenants("vc");
  private readonly nodeCpuMilli: number;
  private readonly nodeMemoryBytes: number;
  private readonly gpuCpuMilli: number | undefined;
  private readonly gpuMemoryBytes: number | undefined;
  private nodeCount = 0;
  private jobCount = 0;
  private file = "";

  constructor(request: ImportRequest) {
    this.request = request;
    this.nodeCpuMilli = givenAmount(request, "node-cpu", "milli") ?? 0;
    this.nodeMemoryBytes = givenAmount(request, "node-memory", "whole") ?? 0;
    this.gpuCpuMilli = givenAmount(request, "cpu-per-gpu", "milli");
    this.gpuMemoryBytes = givenAmount(request, "memory-per-gpu", "whole");
    const gpu = OPENB_GPU_RESOURCE;
    request.nodes.columns(["node", "cpu", "memory", "pods", gpu, `label:${MEMORY_LABEL}`]);
    this.pods = new ImportedPods(request, ["cpu", "memory", gpu]);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const { ledger } = this.request;
    this.file = shownName;
    if (file.name === MACHINES) {
      // The published header has blanks behind its commas.
      const source = { file: shownName, columns: MACHINE_COLUMNS };
      return rowReader(source, ledger, (row) => this.readMachine(row));
    }
    const reader = new JsonElements((job, line) => this.readJob(job, line), { file: shownName });
    const end = (): void => {
      reader.end();
      ledger.read(shownName, this.jobCount);
      for (const problem of reader.problems) ledger.refuse(problem);
    };
    return { push: (text) => reader.push(text), end };
  }

  finish(): ImportedScenario {
    this.pods.finish();
    const { ledger } = this.request;
    notePodsPerNode(this.request, this.nodeCount);
    ledger.note(
      "assumed",
      "the GPUs that jobs held are what they asked for: the log has no requests",
      {
        count: this.jobCount,
      },
    );
    if (this.gpuCpuMilli === undefined || this.gpuMemoryBytes === undefined)
      ledger.note("assumed", "pods ask for GPUs alone (--cpu-per-gpu, --memory-per-gpu)", {
        count: this.pods.count,
      });
    return {
      name: "philly",
      description: `Philly 2017: ${this.nodeCount} nodes, ${this.jobCount} jobs, ${this.pods.count} pods`,
      origin: ["msr-fiddle/philly-traces, CC-BY-4.0; cite Jeon et al., USENIX ATC 2019"],
      preset: "kubernetes-1.36",
      namespaces: this.tenants.list(),
      units: [
        `time: local time of the US Pacific coast, summer time until 2017-11-05; ${this.pods.clock("2017-08-01 00:00:00 PDT")}`,
        "GPU: whole ones; cpu and memory as given",
      ],
    };
  }

  private readMachine(row: ImportRow): void {
    this.nodeCount++;
    const gpus = row.text("number of GPUs").trim();
    if (!/^\d{1,3}$/.test(gpus))
      row.refuse("number of GPUs", `${JSON.stringify(gpus)}: a whole number was expected`);
    this.request.nodes.row([
      objectNameOf(row.text("machineId")),
      cpuText(this.nodeCpuMilli),
      memoryText(this.nodeMemoryBytes),
      PODS_PER_NODE,
      gpus === "0" ? "" : gpus,
      row.text("single GPU mem").trim(),
    ]);
  }

  private readJob(value: unknown, line: number): void {
    this.jobCount++;
    const { ledger } = this.request;
    if (typeof value !== "object" || value === null) {
      this.refuse(line, "a job is a map");
      return;
    }
    const job = value as Readonly<Record<string, unknown>>;
    const submitted = this.secondsOf(job["submitted_time"], line);
    if (submitted === undefined) {
      ledger.note("dropped", "jobs without a time of submission", { line });
      return;
    }
    const attempts = (Array.isArray(job["attempts"]) ? job["attempts"] : []) as PhillyAttempt[];
    const last = attempts.at(-1);
    const hosts = hostsOf(last);
    if (last === undefined || hosts.length === 0) {
      ledger.note("dropped", "jobs that never held a GPU: what they asked for is not known", {
        line,
      });
      return;
    }
    if (job["status"] === "Failed" || job["status"] === "Killed")
      ledger.note(
        "assumed",
        "jobs that failed or were killed there run as long as they did, and succeed",
        {
          line,
        },
      );
    if (attempts.length > 1)
      ledger.note(
        "dropped",
        "attempts that were made again there: a job runs as its last one did",
        {
          line,
          count: attempts.length - 1,
        },
      );
    const started = this.secondsOf(last.start_time, line);
    const ended = this.secondsOf(last.end_time, line);
    this.writePods(
      job,
      hosts,
      submitted,
      started === undefined || ended === undefined ? undefined : ended - started,
      line,
    );
  }

  private writePods(
    job: Readonly<Record<string, unknown>>,
    hosts: readonly number[],
    submitted: number,
    runSeconds: number | undefined,
    line: number,
  ): void {
    const { ledger } = this.request;
    if (runSeconds !== undefined && runSeconds < 0) {
      ledger.note("dropped", "jobs that ended before they began", { line });
      return;
    }
    if (hosts.length > 1)
      ledger.note("assumed", "jobs on several hosts: their pods are not started together", {
        line,
      });
    const name = objectNameOf(String(job["jobid"] ?? `job-${this.jobCount}`));
    for (const [at, gpus] of hosts.entries()) {
      this.pods.add({
        name: hosts.length === 1 ? name : `${name}-${at}`,
        namespace: this.tenants.namespaceOf(String(job["vc"] ?? "")),
        submittedUs: (submitted - START_UNIX_SECONDS) * US_PER_SECOND,
        runUs: runSeconds === undefined ? undefined : runSeconds * US_PER_SECOND,
        cells: [
          this.gpuCpuMilli === undefined ? "" : cpuText(this.gpuCpuMilli * gpus),
          this.gpuMemoryBytes === undefined ? "" : memoryText(this.gpuMemoryBytes * gpus),
          String(gpus),
        ],
        line,
      });
    }
  }

  // Empty, null and "None" mean that there is no time.
  private secondsOf(value: unknown, line: number): number | undefined {
    if (value === undefined || value === null || value === "" || value === "None") return undefined;
    const reading = readPacificTime(String(value));
    if (reading === undefined) {
      this.refuse(
        line,
        `${JSON.stringify(value)}: a time such as 2017-10-07 01:11:54 was expected`,
      );
      return undefined;
    }
    if (reading.isAmbiguous)
      this.request.ledger.note(
        "repaired",
        "times in the hour that came twice on 2017-11-05: the first one",
        { line },
      );
    return reading.unixSeconds;
  }

  private refuse(line: number, message: string): void {
    this.request.ledger.refuse({ code: "E_IMPORT_VALUE", message, file: this.file, line });
  }
}

/** How many GPUs an attempt held on each host. */
function hostsOf(attempt: PhillyAttempt | undefined): readonly number[] {
  const detail = attempt?.detail;
  if (!Array.isArray(detail)) return [];
  return detail
    .map((host: unknown) => {
      const { gpus } = (host ?? {}) as { readonly gpus?: unknown };
      return Array.isArray(gpus) ? gpus.length : 0;
    })
    .filter((count) => count > 0);
}
