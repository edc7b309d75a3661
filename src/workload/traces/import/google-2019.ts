// Importer of Google ClusterData 2019: one cell's machine_events and instance_events, as exported.
//
// The tables live in a database; exports are JSON (lines or a list) or CSV with a header. Numbers of
// events differ from 2011. An alloc set reserves room that tasks run in: its instances are what a
// scheduler places, so they are the pods and the tasks inside are left out, unless the user turns it round.

import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import {
  eventInstantUs,
  GOOGLE_POD_COLUMNS,
  GOOGLE_UNITS,
  GoogleMachines,
  noteRequests,
  Priorities,
  Shares,
} from "./google-parts.ts";
import { ImportedPods, SPAN_OPTIONS, UNFINISHED_OPTION } from "./imported-pods.ts";
import { Tenants } from "./kubernetes-names.ts";
import { type ImportRecord, recordReader } from "./record-reader.ts";
import { type TaskEvent, TaskLives } from "./task-lives.ts";

const FILES = ["machine_events", "collection_events", "instance_events"] as const;
const [MACHINES, COLLECTIONS] = FILES;

/** The format's entry in the registry. */
export const GOOGLE_2019: Importer = {
  format: "google-2019",
  what: "Google ClusterData 2019: one cell, its tables exported as JSON or CSV",
  files: FILES.map((name) => ({
    name: `${name}.json`,
    what: name.replace("_", " "),
    isRequired: name !== COLLECTIONS,
    alike: [`${name}/*`, `*${name}*.json`, `*${name}*.jsonl`, `*${name}*.csv`],
  })),
  options: [
    ...GOOGLE_UNITS,
    {
      name: "allocs",
      what: "pods are the instances of alloc sets and the tasks outside (sets), or all tasks and no sets (tasks)",
      values: ["sets", "tasks"],
      default: "sets",
    },
    UNFINISHED_OPTION,
    ...SPAN_OPTIONS,
  ],
  start: (request) => new Google2019Import(request),
};

const EVENT_NAMES = [
  ...["SUBMIT", "QUEUE", "ENABLE", "SCHEDULE", "EVICT", "FAIL", "FINISH", "KILL", "LOST"],
  ...["UPDATE_PENDING", "UPDATE_RUNNING"],
] as const;
/** What each means for a task; undefined: nothing. */
const EVENTS: readonly (TaskEvent | undefined)[] = [
  ...(["submit", undefined, undefined, "schedule", "evict"] as const),
  ...(["fail", "finish", "kill", "lost", "update", "update"] as const),
];
const MACHINE_EVENT_NAMES = ["UNKNOWN", "ADD", "REMOVE", "UPDATE"] as const;
const MACHINE_EVENTS = [undefined, "add", "remove", "update"] as const;
const ALLOC_SET = ["1", "ALLOC_SET"];
/** No alloc set: the number 0 or nothing. */
const NO_ALLOC = ["", "0"];

class Google2019Import implements ImportJob {
  private readonly request: ImportRequest;
  private readonly shares: Shares;
  private readonly machines: GoogleMachines;
  private readonly pods: ImportedPods;
  private readonly lives: TaskLives;
  private readonly users = new Tenants("user");
  private readonly priorities = new Priorities();
  /** Users of collections: instance events do not name them. */
  private readonly userOf = new Map<string, string>();

  constructor(request: ImportRequest) {
    this.request = request;
    this.shares = new Shares(request);
    this.machines = new GoogleMachines(request, this.shares);
    this.pods = new ImportedPods(request, GOOGLE_POD_COLUMNS);
    this.lives = new TaskLives(this.pods, request.ledger);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const { ledger } = this.request;
    const kind = FILES.find((name) => file.name.startsWith(name));
    return recordReader(shownName, ledger, (record) => {
      if (kind === MACHINES) this.readMachine(record);
      else if (kind === COLLECTIONS) this.readCollection(record);
      else this.readInstance(record);
    });
  }

  finish(): ImportedScenario {
    this.machines.finish();
    this.lives.finish();
    this.pods.finish();
    const { ledger } = this.request;
    ledger.note("assumed", "constraints on attributes of machines are not read (constraint)");
    if (this.userOf.size === 0)
      ledger.note("assumed", `users are not known without ${COLLECTIONS}: one namespace for all`);
    return {
      name: "google-2019",
      description: `Google ClusterData 2019: ${this.machines.count} nodes, ${this.pods.count} pods`,
      origin: ["Google ClusterData 2019, CC-BY-4.0"],
      preset: "kubernetes-1.36",
      namespaces: this.users.list(),
      objects: this.priorities.objects(),
      units: [
        `time: microseconds; ${this.pods.clock("600 s of the trace, where it begins")}`,
        this.shares.unit(),
      ],
    };
  }

  private readMachine(record: ImportRecord): void {
    const at = numberOf(record, "type", MACHINE_EVENT_NAMES);
    const event = MACHINE_EVENTS[at ?? 0];
    const atUs = eventInstantUs(record, this.request.ledger);
    if (atUs === undefined) return;
    if (event === undefined) {
      record.refuse("type", "1 (ADD), 2 (REMOVE) or 3 (UPDATE) was expected");
      return;
    }
    this.machines.take({
      ...{ line: record.line, id: record.text("machine_id"), event, atUs },
      platform: record.text("platform_id"),
      cpu: record.number("capacity.cpus"),
      memory: record.number("capacity.memory"),
    });
  }

  private readCollection(record: ImportRecord): void {
    const user = record.text("user");
    if (user !== "") this.userOf.set(record.text("collection_id"), user);
    if (record.text("type") !== "0" && record.text("type") !== "SUBMIT") return;
    const waitsFor = record.text("start_after_collection_ids");
    if (waitsFor !== "" && waitsFor !== "[]")
      this.request.ledger.note("assumed", "waited for other jobs there: comes at the logged time", {
        line: record.line,
      });
  }

  private readInstance(record: ImportRecord): void {
    const { ledger } = this.request;
    const { line } = record;
    const atUs = eventInstantUs(record, this.request.ledger);
    if (atUs === undefined) return;
    const type = numberOf(record, "type", EVENT_NAMES);
    if (type === undefined || type >= EVENTS.length) {
      record.refuse("type", "an event from 0 (SUBMIT) to 10 (UPDATE_RUNNING) was expected");
      return;
    }
    const event = EVENTS[type];
    if (event === undefined || this.isLeftOut(record, event)) return;
    const cpu = record.number("resource_request.cpus");
    const memory = record.number("resource_request.memory");
    if (event === "submit") noteRequests(ledger, line, cpu, memory);
    const collection = record.text("collection_id");
    this.lives.take(event, {
      ...{ line, atUs },
      task: `${collection}-${record.text("instance_index")}`,
      namespace: this.users.namespaceOf(this.userOf.get(collection) ?? ""),
      cells: [
        this.priorities.classOf(record.number("priority") ?? 0),
        this.shares.cpu(cpu),
        this.shares.memory(memory),
      ],
    });
  }

  // A reservation and the tasks in it are the same room: only one of the two may count.
  private isLeftOut(record: ImportRecord, event: TaskEvent): boolean {
    const isSet = ALLOC_SET.includes(record.text("collection_type"));
    const isInside = !isSet && !NO_ALLOC.includes(record.text("alloc_collection_id"));
    const keepsSets = this.request.options.get("allocs") === "sets";
    if (keepsSets ? !isInside : !isSet) return false;
    if (event === "submit") {
      const what = isInside
        ? "tasks inside alloc sets: their room is reserved by the set (--allocs sets)"
        : "instances of alloc sets: the tasks inside count (--allocs tasks)";
      this.request.ledger.note("dropped", what, { line: record.line });
    }
    return true;
  }
}

// Exports write an enumeration as its number or as its name.
function numberOf(
  record: ImportRecord,
  field: string,
  names: readonly string[],
): number | undefined {
  const text = record.text(field);
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const at = names.indexOf(text);
  return at === -1 ? undefined : at;
}
