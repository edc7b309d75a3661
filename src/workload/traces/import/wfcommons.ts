// Importer of WfCommons instances: one recorded workflow as Jobs that wait for each other.
//
// Schema 1.5 and 1.4 part the graph (specification, parents by id) from the run (execution); older ones
// have one list with parents by name. Tasks say how long they ran, not always on how many cores or with
// how much memory. Every task becomes a step of the scenario with one Job.

import { formatDuration, type Duration, readJson } from "../../../base/index.ts";
import type {
  ImportedScenario,
  ImportedStep,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { notePodsPerNode, PODS_PER_NODE } from "./given-nodes.ts";
import { cpuText, givenAmount, memoryText } from "./import-units.ts";
import { objectNameOf } from "./kubernetes-names.ts";

/** The format's entry in the registry. */
export const WFCOMMONS: Importer = {
  format: "wfcommons",
  what: "a workflow in WfCommons' format (schema 1.5 and older), as Jobs that wait for each other",
  files: [{ name: "workflow.json", what: "the workflow", isRequired: true, alike: ["*.json"] }],
  options: [
    {
      name: "node-count",
      what: "how many nodes; the recorded machines if left out",
      isOptional: true,
    },
    {
      name: "node-cpu",
      what: "cores of each node; the recorded ones if left out",
      isOptional: true,
    },
    {
      name: "node-memory",
      what: "memory of each node; the recorded one if left out",
      isOptional: true,
    },
    {
      name: "memory-unit",
      what: "what 1 is in the field 'memory' of old schemas; without it no task asks for memory there",
      isOptional: true,
    },
  ],
  start: (request) => new WfCommonsImport(request),
};

type Fields = Readonly<Record<string, unknown>>;

interface WorkflowTask {
  readonly id: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly runSeconds: number | undefined;
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
}

interface Machine {
  readonly cores: number | undefined;
  readonly memoryBytes: number | undefined;
}

/** Names of Jobs end up in labels of their pods. */
const NAME_LENGTH_MAX = 55;
const US_PER_SECOND = 1_000_000;

class WfCommonsImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly steps: ImportedStep[] = [];
  private name = "workflow";
  private schema = "?";
  private nodeCount = 0;
  private file = "";
  private isRead = false;

  constructor(request: ImportRequest) {
    this.request = request;
    for (const name of ["node-count", "node-memory", "memory-unit"])
      givenAmount(request, name, "whole");
    request.nodes.columns(["node", "cpu", "memory", "pods"]);
  }

  open(_file: ImportFile, shownName: string): TextSink {
    const pieces: string[] = [];
    if (this.isRead) this.refuse("one workflow is imported at a time: name one file");
    this.isRead = true;
    this.file = shownName;
    return { push: (text) => void pieces.push(text), end: () => this.read(pieces.join("")) };
  }

  finish(): ImportedScenario {
    return {
      name: objectNameOf(this.name)
        .slice(0, 63)
        .replace(/[^a-z0-9]+$/, "")
        .replaceAll(".", "-"),
      description: `WfCommons ${this.name} (schema ${this.schema}): ${this.steps.length} tasks as Jobs, ${this.nodeCount} nodes`,
      origin: [
        "WfCommons workflow instance (wfcommons.org); the collection WfInstances is LGPL-3.0",
      ],
      preset: "kubernetes-1.36",
      namespaces: [],
      units: ["time: seconds; tasks without parents come at 0", "memory: bytes; cpu: cores"],
      steps: this.steps,
    };
  }

  private read(text: string): void {
    const { documents, problems } = readJson(text, { file: this.file });
    for (const problem of problems) this.request.ledger.refuse(problem);
    const root = fieldsOf(documents[0]?.value);
    const workflow = fieldsOf(root["workflow"]);
    if (problems.length > 0) return;
    this.name = textOf(root["name"]) ?? this.name;
    this.schema = textOf(root["schemaVersion"]) ?? this.schema;
    const tasks = this.tasksOf(workflow);
    if (tasks.length === 0) {
      this.refuse(
        "there are no tasks: neither workflow.specification.tasks nor workflow.jobs nor workflow.tasks",
      );
      return;
    }
    this.request.ledger.read(this.file, tasks.length);
    const asksForMemory = this.writeNodes(workflow);
    this.writeSteps(tasks, asksForMemory);
  }

  private tasksOf(workflow: Fields): readonly WorkflowTask[] {
    const specified = listOf(fieldsOf(workflow["specification"])["tasks"]);
    if (specified.length === 0) {
      const old = listOf(workflow["jobs"] ?? workflow["tasks"]);
      return old.map((task) => this.oldTask(task));
    }
    const runs = new Map(
      listOf(fieldsOf(workflow["execution"])["tasks"]).map((run) => [textOf(run["id"]), run]),
    );
    return specified.map((task) => {
      const id = textOf(task["id"]) ?? textOf(task["name"]) ?? "";
      const run = runs.get(id) ?? {};
      return {
        ...{ id, parents: textsOf(task["parents"]), children: textsOf(task["children"]) },
        runSeconds: numberOf(run["runtimeInSeconds"]),
        cores: numberOf(run["coreCount"]),
        memoryBytes: numberOf(run["memoryInBytes"]),
      };
    });
  }

  // Parents are names here, and the unit of `memory` stands nowhere in the file.
  private oldTask(task: Fields): WorkflowTask {
    const { ledger } = this.request;
    const unit = givenAmount(this.request, "memory-unit", "whole");
    const memory = numberOf(task["memory"]);
    if (memory !== undefined && unit === undefined)
      ledger.note(
        "dropped",
        "memory in a unit that the file does not name: not asked for (--memory-unit)",
      );
    return {
      id: textOf(task["name"]) ?? textOf(task["id"]) ?? "",
      parents: textsOf(task["parents"]),
      children: textsOf(task["children"]),
      runSeconds: numberOf(task["runtime"]) ?? numberOf(task["runtimeInSeconds"]),
      cores: numberOf(task["cores"]),
      memoryBytes: memory === undefined || unit === undefined ? undefined : memory * unit,
    };
  }

  /** Says whether nodes have memory, so that tasks may ask for it. */
  private writeNodes(workflow: Fields): boolean {
    const { request } = this;
    const recorded = this.machinesOf(workflow);
    const count = givenAmount(request, "node-count", "whole");
    const cpu = givenAmount(request, "node-cpu", "milli");
    const memory = givenAmount(request, "node-memory", "whole");
    const machines: Machine[] =
      count === undefined
        ? [...recorded]
        : Array.from(
            { length: count },
            (_, at) => recorded[at % Math.max(1, recorded.length)] ?? NO_MACHINE,
          );
    const isUnknown = machines.some(({ cores }) => cores === undefined) && cpu === undefined;
    if (machines.length === 0 || isUnknown) {
      const hint =
        "say it with --node-count and --node-cpu (and --node-memory, if tasks are to ask for memory)";
      this.refuse("the file does not say on which machines it ran", hint);
      return false;
    }
    const hasMemory =
      memory !== undefined || machines.every(({ memoryBytes }) => memoryBytes !== undefined);
    for (const [at, machine] of machines.entries()) {
      const bytes = memory ?? machine.memoryBytes;
      const amounts = [cpuText(cpu ?? machine.cores! * 1000), hasMemory ? memoryText(bytes!) : ""];
      request.nodes.row([`node-${at}`, ...amounts, PODS_PER_NODE]);
    }
    this.nodeCount = machines.length;
    notePodsPerNode(request, machines.length);
    return hasMemory;
  }

  private machinesOf(workflow: Fields): readonly Machine[] {
    const execution = fieldsOf(workflow["execution"]);
    return listOf(execution["machines"] ?? workflow["machines"]).map((machine) => {
      const cpu = fieldsOf(machine["cpu"]);
      return { cores: numberOf(cpu["coreCount"]), memoryBytes: numberOf(machine["memoryInBytes"]) };
    });
  }

  private writeSteps(tasks: readonly WorkflowTask[], asksForMemory: boolean): void {
    const { ledger } = this.request;
    const names = uniqueNames(tasks.map(({ id }) => id));
    const parents = new Map(tasks.map(({ id }) => [id, new Set<string>()]));
    for (const { id, parents: before, children } of tasks) {
      for (const parent of before) {
        if (parents.has(parent)) parents.get(id)!.add(parent);
        else ledger.note("dropped", "parents that are no tasks of the workflow");
      }
      for (const child of children) parents.get(child)?.add(id);
    }
    for (const task of tasks) {
      const name = names.get(task.id)!;
      const after = [...parents.get(task.id)!].map((parent) => names.get(parent)!);
      this.steps.push({ name, after, objects: [this.jobOf(task, name, asksForMemory)] });
    }
  }

  private jobOf(task: WorkflowTask, name: string, asksForMemory: boolean): object {
    const { ledger } = this.request;
    const { runSeconds, cores, memoryBytes } = task;
    if (runSeconds === undefined) ledger.note("assumed", "no run time recorded: ends at once");
    if (cores === undefined) ledger.note("assumed", "no number of cores recorded: asks for 1");
    if (memoryBytes === undefined) ledger.note("assumed", "no memory recorded: asks for none");
    else if (!asksForMemory)
      ledger.note(
        "dropped",
        "memory is not asked for: the machines' is not recorded (--node-memory)",
      );
    const run = formatDuration(Math.round((runSeconds ?? 0) * US_PER_SECOND) as Duration);
    const amounts = {
      cpu: cpuText(Math.ceil((cores ?? 1) * 1000)),
      ...(memoryBytes === undefined || !asksForMemory
        ? {}
        : { memory: memoryText(Math.ceil(memoryBytes)) }),
    };
    return {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, namespace: "default" },
      spec: {
        template: {
          metadata: { annotations: { "podsim.dev/run": run } },
          spec: {
            restartPolicy: "Never",
            containers: [
              { name: "task", image: "wfcommons/task", resources: { requests: amounts } },
            ],
          },
        },
      },
    };
  }

  private refuse(message: string, hint?: string): void {
    const problem = { code: "E_IMPORT_VALUE", message, file: this.file };
    this.request.ledger.refuse(hint === undefined ? problem : { ...problem, hint });
  }
}

const NO_MACHINE: Machine = { cores: undefined, memoryBytes: undefined };

/** A name of a Job for each id, whatever dots, capitals and "#" the ids hold. */
function uniqueNames(ids: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const id of ids) {
    const plain = objectNameOf(id)
      .slice(0, NAME_LENGTH_MAX)
      .replace(/[^a-z0-9]+$/, "");
    let name = plain;
    for (let ordinal = 2; taken.has(name); ordinal++) name = `${plain}-${ordinal}`;
    taken.add(name);
    names.set(id, name);
  }
  return names;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 ? value : undefined;
}
