// Importer of the Standard Workload Format (2.2): logs of parallel machines, one job per line.
//
// A processor is a core, seconds are seconds since the log's start, memory is KiB per processor. A
// parallel job becomes as many pods as it needs nodes; they ask for their cores one by one, because
// Kubernetes starts no pods together. A log says what ran, not always what was asked for or when:
// the ledger says where one stands for the other.

import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { ImportedPods, SPAN_OPTIONS, UNFINISHED_OPTION } from "./imported-pods.ts";
import { notePodsPerNode, PODS_PER_NODE } from "./given-nodes.ts";
import { cpuText, givenAmount, memoryText } from "./import-units.ts";
import { Tenants } from "./kubernetes-names.ts";
import { lineReader } from "./line-reader.ts";

const NODE_HINT = "the header's MaxNodes and MaxProcs say it where they are there";

/** The format's entry in the registry. */
export const SWF: Importer = {
  format: "swf",
  what: "a log in the Standard Workload Format (Parallel Workloads Archive)",
  files: [
    {
      name: "log.swf",
      what: "the log",
      isRequired: true,
      alike: ["*.swf", "*.swf.gz", "*.swf.txt"],
    },
  ],
  options: [
    {
      name: "job",
      what: "a parallel job is pods of one node's size each (pods), or one pod with all its processors (pod)",
      values: ["pods", "pod"],
      default: "pods",
    },
    { name: "node-count", what: `how many nodes; ${NODE_HINT}`, isOptional: true },
    { name: "node-cpu", what: `processors of each node; ${NODE_HINT}`, isOptional: true },
    {
      name: "node-memory",
      what: "memory of each node; without it no pod asks for memory",
      isOptional: true,
    },
    UNFINISHED_OPTION,
    ...SPAN_OPTIONS,
  ],
  start: (request) => new SwfImport(request),
};

const US_PER_SECOND = 1_000_000;
const BYTES_PER_KB = 1024;
const FIELDS = 18;
/** Statuses of parts of a job that was stopped and went on later. */
const PARTIAL: ReadonlySet<number> = new Set([2, 3, 4]);
const FAILED = 0;
const CANCELLED = 5;

/** One line; unknown values are -1. */
interface SwfJob {
  readonly line: number;
  readonly number: number;
  readonly submitSeconds: number;
  readonly waitSeconds: number;
  readonly runSeconds: number;
  readonly processors: number;
  readonly memoryKb: number;
  readonly user: number;
  readonly status: number;
  readonly precedingJob: number;
}

class SwfImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly pods: ImportedPods;
  private readonly users = new Tenants("user");
  private readonly header = new Map<string, string>();
  private readonly nodeMemoryBytes: number | undefined;
  private nodeCount = 0;
  /** Processors of one node; undefined until the header is over. */
  private nodeMilli: number | undefined;
  private file = "";
  private jobCount = 0;

  constructor(request: ImportRequest) {
    this.request = request;
    this.nodeMemoryBytes = givenAmount(request, "node-memory", "whole");
    request.nodes.columns(["node", "cpu", "memory", "pods"]);
    this.pods = new ImportedPods(request, ["cpu", "memory"]);
  }

  open(_file: ImportFile, shownName: string): TextSink {
    this.file = shownName;
    const reader = lineReader((text, line) => this.readLine(text, line));
    const end = (): void => {
      reader.end();
      this.request.ledger.read(shownName, this.jobCount);
    };
    return { push: (text) => reader.push(text), end };
  }

  finish(): ImportedScenario {
    this.pods.finish();
    const { header, jobCount, nodeCount, nodeMilli = 0 } = this;
    if (jobCount === 0 && this.request.ledger.problems.length === 0)
      this.refuse(undefined, "the log has no jobs");
    const start = header.get("UnixStartTime");
    const zone = header.get("TimeZoneString");
    const at =
      start === undefined ? "" : ` (Unix time ${start}${zone === undefined ? "" : `, ${zone}`})`;
    const computer = header.get("Computer") ?? "a parallel machine";
    return {
      name: "swf",
      description: `SWF log of ${computer}: ${jobCount} jobs, ${this.pods.count} pods, ${nodeCount} nodes of ${cpuText(nodeMilli)} processors`,
      origin: [
        "Parallel Workloads Archive; acknowledge the archive and the log's provider" +
          (header.has("Acknowledge") ? ` (${header.get("Acknowledge")})` : ""),
      ],
      preset: "kubernetes-1.36",
      namespaces: this.users.list(),
      units: [
        `time: seconds; ${this.pods.clock(`the log's start${at}`)}`,
        "cpu: 1 processor is 1 core; memory: KB per processor, 1 KB = 1024 bytes",
      ],
    };
  }

  private readLine(text: string, line: number): void {
    const trimmed = text.trim();
    if (trimmed === "") return;
    if (trimmed.startsWith(";")) {
      const match = /^;\s*([A-Za-z]+):\s*(.*?)\s*$/.exec(trimmed);
      if (match !== null && !this.header.has(match[1]!)) this.header.set(match[1]!, match[2]!);
      return;
    }
    const fields = trimmed.split(/\s+/).map(Number);
    if (fields.length < FIELDS || fields.some((field) => Number.isNaN(field))) {
      const message = `a job has ${FIELDS} numbers: ${JSON.stringify(trimmed.slice(0, 80))}`;
      this.refuse(line, message);
      return;
    }
    if (this.nodeMilli === undefined) this.writeNodes();
    this.jobCount++;
    this.readJob(this.jobOf(fields, line));
  }

  private jobOf(fields: readonly number[], line: number): SwfJob {
    const [number, submit, wait, run, allocated, , usedKb, requested, , requestedKb] = fields;
    const [status, user] = fields.slice(10);
    return {
      line,
      number: number!,
      submitSeconds: submit!,
      waitSeconds: wait!,
      runSeconds: run!,
      processors: this.processorsOf(allocated!, requested!, line),
      memoryKb: requestedKb! > 0 ? requestedKb! : usedKb!,
      user: user!,
      status: status!,
      precedingJob: fields[16]!,
    };
  }

  // What was asked for is the demand; what was got stands for it where the log has nothing else.
  private processorsOf(allocated: number, requested: number, line: number): number {
    const { ledger } = this.request;
    if (requested > 0 && requested < allocated) {
      ledger.note("repaired", "asked for fewer processors than it got: takes what it got", {
        line,
      });
      return allocated;
    }
    if (requested > 0) return requested;
    if (allocated > 0)
      ledger.note("assumed", "no request in the log: asks for the processors it got", { line });
    return allocated;
  }

  private readJob(job: SwfJob): void {
    const { ledger } = this.request;
    const { line } = job;
    if (PARTIAL.has(job.status)) {
      ledger.note("dropped", "part of a job that has a line of its own (status 2, 3, 4)", { line });
      return;
    }
    const hasRun = job.runSeconds >= 0 && job.processors > 0;
    if (job.status === CANCELLED && !hasRun) {
      ledger.note("dropped", "cancelled before it ran", { line });
      return;
    }
    if (job.processors <= 0) {
      ledger.note("dropped", "no processors known", { line });
      return;
    }
    if (job.status === FAILED || job.status === CANCELLED)
      ledger.note(
        "assumed",
        "failed or was cancelled there: runs as long as it did, and succeeds",
        {
          line,
        },
      );
    if (job.waitSeconds < 0)
      ledger.note("assumed", "no wait time in the log: submission may be the start", { line });
    if (job.precedingJob > 0)
      ledger.note("assumed", "waited for another job there: comes at the logged time", { line });
    this.writePods(job);
  }

  private writePods(job: SwfJob): void {
    const { ledger } = this.request;
    const milli = Math.ceil(job.processors) * 1000;
    const perPod =
      this.request.options.get("job") === "pod" ? milli : Math.min(milli, this.nodeMilli!);
    const count = Math.floor(milli / perPod);
    const restMilli = milli - count * perPod;
    const { line } = job;
    if (count + Math.sign(restMilli) > 1)
      ledger.note("assumed", "a job on several nodes: its pods are not started together", { line });
    const common = {
      namespace: this.users.namespaceOf(job.user > 0 ? String(job.user) : ""),
      submittedUs: Math.round(job.submitSeconds * US_PER_SECOND),
      runUs: job.runSeconds < 0 ? undefined : Math.round(job.runSeconds * US_PER_SECOND),
      line,
    };
    const name = `job-${job.number}`;
    this.pods.add({ ...common, name, count, cells: this.amounts(perPod, job) });
    if (restMilli > 0)
      this.pods.add({ ...common, name: `${name}-rest`, cells: this.amounts(restMilli, job) });
  }

  private amounts(milli: number, { memoryKb, line }: SwfJob): readonly string[] {
    if (memoryKb <= 0) return [cpuText(milli), ""];
    if (this.nodeMemoryBytes === undefined) {
      const what = "memory is not asked for: the log does not say what a node has (--node-memory)";
      this.request.ledger.note("dropped", what, { line });
      return [cpuText(milli), ""];
    }
    return [cpuText(milli), memoryText(Math.ceil((memoryKb * BYTES_PER_KB * milli) / 1000))];
  }

  private writeNodes(): void {
    const { request, header } = this;
    const processors = Number.parseInt(header.get("MaxProcs") ?? "", 10);
    const nodes = Number.parseInt(header.get("MaxNodes") ?? "", 10);
    const count = givenAmount(request, "node-count", "whole") ?? nodes;
    const milli =
      givenAmount(request, "node-cpu", "milli") ?? Math.floor(processors / nodes) * 1000;
    if (!(count > 0 && milli > 0)) {
      const message =
        "the header does not say how many nodes (MaxNodes) and processors (MaxProcs) there are";
      this.refuse(undefined, message, "say it with --node-count and --node-cpu");
      this.nodeMilli = 1000;
      return;
    }
    this.nodeCount = count;
    this.nodeMilli = milli;
    const memory = this.nodeMemoryBytes === undefined ? "" : memoryText(this.nodeMemoryBytes);
    for (let at = 0; at < count; at++)
      request.nodes.row([`node-${at}`, cpuText(milli), memory, PODS_PER_NODE]);
    notePodsPerNode(request, count);
  }

  private refuse(line: number | undefined, message: string, hint?: string): void {
    this.request.ledger.refuse({
      code: line === undefined ? "E_IMPORT_SHORT" : "E_IMPORT_VALUE",
      message,
      file: this.file,
      ...(line === undefined ? {} : { line }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
