// Importer of Google ClusterData 2011-2: 12,500 machines and 29 days of task events.
//
// Files have no header and come in parts (task_events/part-00000-of-00500.csv.gz). Ids are 64-bit
// numbers and stay text. A job is not a Kubernetes Job here: every task is a pod of its own.

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
import { type ImportRow, positionalReader } from "./row-reader.ts";
import { type TaskEvent, TaskLives } from "./task-lives.ts";

const MACHINES = "machine_events";
const TASKS = "task_events";

/** The format's entry in the registry. */
export const GOOGLE_2011: Importer = {
  format: "google-2011",
  what: "Google ClusterData 2011-2: machine_events and task_events, as published in parts",
  files: [
    {
      name: `${MACHINES}.csv`,
      what: "machine events",
      isRequired: true,
      alike: [`${MACHINES}/*.csv`, `${MACHINES}*.csv`],
    },
    {
      name: `${TASKS}.csv`,
      what: "task events",
      isRequired: true,
      alike: [`${TASKS}/*.csv`, `${TASKS}*.csv`],
    },
  ],
  options: [...GOOGLE_UNITS, UNFINISHED_OPTION, ...SPAN_OPTIONS],
  start: (request) => new Google2011Import(request),
};

const MACHINE_COLUMNS = [
  "time",
  "machine id|machineID",
  "event type|event",
  "platform id|platform",
];
const CAPACITIES = ["cpus|cpu capacity|capacity.cpus", "memory|memory capacity|capacity.memory"];
const TASK_COLUMNS = [
  ...["time", "missing info", "job id", "task index", "machine id", "event type|event"],
  ...["user", "scheduling class", "priority", "cpu request", "memory request"],
  ...["disk space request|disk request", "different machines restriction|different-machine flag"],
];
const TASK_EVENTS: readonly TaskEvent[] = [
  ...(["submit", "schedule", "evict", "fail", "finish", "kill", "lost"] as const),
  ...(["update", "update"] as const),
];
const MACHINE_EVENTS = ["add", "remove", "update"] as const;

class Google2011Import implements ImportJob {
  private readonly request: ImportRequest;
  private readonly shares: Shares;
  private readonly machines: GoogleMachines;
  private readonly pods: ImportedPods;
  private readonly lives: TaskLives;
  private readonly users = new Tenants("user");
  private readonly priorities = new Priorities();

  constructor(request: ImportRequest) {
    this.request = request;
    this.shares = new Shares(request);
    this.machines = new GoogleMachines(request, this.shares);
    this.pods = new ImportedPods(request, GOOGLE_POD_COLUMNS);
    this.lives = new TaskLives(this.pods, request.ledger);
  }

  open(file: ImportFile, shownName: string): TextSink {
    const isTasks = file.name.startsWith(TASKS);
    const columns = isTasks ? TASK_COLUMNS : [...MACHINE_COLUMNS, ...CAPACITIES];
    const source = {
      file: shownName,
      columns,
      columnsMin: isTasks ? 9 : 3,
    };
    return positionalReader(source, this.request.ledger, (row) =>
      isTasks ? this.readTask(row) : this.readMachine(row),
    );
  }

  finish(): ImportedScenario {
    this.machines.finish();
    this.lives.finish();
    this.pods.finish();
    const { ledger } = this.request;
    ledger.note("assumed", "constraints on attributes of machines are not read (task_constraints)");
    return {
      name: "google-2011",
      description: `Google ClusterData 2011-2: ${this.machines.count} nodes, ${this.pods.count} pods`,
      origin: ["Google clusterdata-2011-2, CC-BY-4.0"],
      preset: "kubernetes-1.36",
      namespaces: this.users.list(),
      objects: this.priorities.objects(),
      units: [
        `time: microseconds; ${this.pods.clock("600 s of the trace, where it begins")}`,
        this.shares.unit(),
      ],
    };
  }

  private readMachine(row: ImportRow): void {
    const event = MACHINE_EVENTS[row.count("event type")];
    const atUs = eventInstantUs(row, this.request.ledger);
    if (atUs === undefined) return;
    if (event === undefined) {
      row.refuse("event type", "0 (add), 1 (remove) or 2 (update) was expected");
      return;
    }
    this.machines.take({
      ...{ line: row.line, id: row.text("machine id"), event, atUs },
      platform: row.text("platform id"),
      cpu: row.numberIfAny("cpus"),
      memory: row.numberIfAny("memory"),
    });
  }

  private readTask(row: ImportRow): void {
    const { ledger } = this.request;
    const { line } = row;
    const atUs = eventInstantUs(row, this.request.ledger);
    if (atUs === undefined) return;
    const event = TASK_EVENTS[row.count("event type")];
    if (event === undefined) {
      row.refuse("event type", "a number from 0 (submit) to 8 (update running) was expected");
      return;
    }
    const cpu = row.numberIfAny("cpu request");
    const memory = row.numberIfAny("memory request");
    if (event === "submit") {
      noteRequests(ledger, line, cpu, memory);
      const apart = row.text("different machines restriction");
      if (apart === "1" || apart === "true")
        ledger.note("assumed", "asked for a machine of its own job alone: not kept", { line });
    }
    this.lives.take(event, {
      ...{ line, atUs },
      task: `${row.text("job id")}-${row.text("task index")}`,
      namespace: this.users.namespaceOf(row.text("user")),
      cells: [
        this.priorities.classOf(row.countIfAny("priority") ?? 0),
        this.shares.cpu(cpu),
        this.shares.memory(memory),
      ],
    });
  }
}
