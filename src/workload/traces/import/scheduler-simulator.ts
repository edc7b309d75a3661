// Importer of kube-scheduler-simulator's files: a snapshot of a cluster, or a record of what happened in one.
//
// A snapshot is one map of lists and becomes the cluster at time zero, with the scheduler configuration
// that came with it. A record is a list of changes and becomes steps over time: what users did. Nodes
// that pods were bound to, status and owners are what that cluster did, and are left out.

import { JsonElements } from "../../../base/index.ts";
import { parseTimestampSeconds } from "../../../cluster/index.ts";
import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { type RecordedObject, RecordedObjects } from "./recorded-objects.ts";

/** The format's entry in the registry. */
export const SCHEDULER_SIMULATOR: Importer = {
  format: "scheduler-simulator",
  what: "a snapshot or a record of kube-scheduler-simulator",
  files: [
    {
      name: "snapshot.json",
      what: "a snapshot or a record",
      isRequired: true,
      alike: ["*.json", "*.jsonl"],
    },
  ],
  options: [
    {
      name: "bound",
      what: "pods of a snapshot that are on a node: stay there (keep), or are scheduled anew (free)",
      values: ["keep", "free"],
      default: "keep",
    },
  ],
  start: (request) => new SchedulerSimulatorImport(request),
};

/** Lists of a snapshot, in the order in which objects are loaded. */
const LISTS: readonly (readonly [list: string, apiVersion: string, kind: string])[] = [
  ["namespaces", "v1", "Namespace"],
  ["priorityClasses", "scheduling.k8s.io/v1", "PriorityClass"],
  ["storageClasses", "storage.k8s.io/v1", "StorageClass"],
  ["pvs", "v1", "PersistentVolume"],
  ["pvcs", "v1", "PersistentVolumeClaim"],
  ["nodes", "v1", "Node"],
  ["pods", "v1", "Pod"],
];
const US_PER_MS = 1000;
/** Of a pod's spec: what the cluster filled in and no user wrote. */
const DECIDED_FIELDS: ReadonlySet<string> = new Set(["nodeName", "priority", "preemptionPolicy"]);

class SchedulerSimulatorImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly recorded: RecordedObjects;
  private readonly objects: object[] = [];
  private configuration: object | undefined;
  private file = "";
  private count = 0;
  private startMs: number | undefined;

  constructor(request: ImportRequest) {
    this.request = request;
    this.recorded = new RecordedObjects(request.ledger);
  }

  open(_file: ImportFile, shownName: string): TextSink {
    this.file = shownName;
    const reader = new JsonElements((value, line) => this.read(value, line), { file: shownName });
    const end = (): void => {
      reader.end();
      this.request.ledger.read(shownName, this.count);
      for (const problem of reader.problems) this.request.ledger.refuse(problem);
    };
    return { push: (text) => reader.push(text), end };
  }

  finish(): ImportedScenario {
    const steps = this.recorded.importedSteps();
    if (this.count === 0 && this.request.ledger.problems.length === 0)
      this.refuse(1, "neither a snapshot (a map with pods and nodes) nor a record (a list)");
    const isRecord = this.startMs !== undefined;
    return {
      name: isRecord ? "scheduler-record" : "scheduler-snapshot",
      description: isRecord
        ? `kube-scheduler-simulator record: ${this.count} changes, ${steps.length} steps`
        : `kube-scheduler-simulator snapshot: ${this.objects.length} objects`,
      origin: ["from kube-scheduler-simulator (sigs.k8s.io)"],
      preset: "kubernetes-1.36",
      namespaces: isRecord ? this.recorded.namespaces() : [],
      units: isRecord ? ["time: RFC 3339; instant 0 is the first change"] : [],
      objects: this.objects,
      steps,
      edits: this.recorded.edits(),
      ...(this.configuration === undefined ? {} : { schedulerConfiguration: this.configuration }),
    };
  }

  private read(value: unknown, line: number): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      this.refuse(line, "a snapshot or a change is a map");
      return;
    }
    const map = value as RecordedObject;
    if ("event" in map || "Event" in map) this.readChange(map, line);
    else this.readSnapshot(map);
  }

  private readSnapshot(snapshot: RecordedObject): void {
    for (const [list, apiVersion, kind] of LISTS) {
      const items = snapshot[list];
      for (const item of Array.isArray(items) ? (items as RecordedObject[]) : []) {
        this.count++;
        if (kind === "PriorityClass" && isSystemName(item)) continue;
        this.objects.push({ ...this.presentObject(item, kind), apiVersion, kind });
      }
    }
    const configuration = snapshot["schedulerConfig"] as RecordedObject | undefined;
    if (Array.isArray(configuration?.["profiles"])) {
      this.configuration = {
        ...configuration,
        apiVersion: "kubescheduler.config.k8s.io/v1",
        kind: "KubeSchedulerConfiguration",
      };
    }
  }

  private presentObject(item: RecordedObject, kind: string): RecordedObject {
    if (kind !== "Pod") return withoutServerFields(item);
    if (this.request.options.get("bound") === "keep") return item;
    this.request.ledger.note("dropped", "nodes of pods: scheduled anew (--bound free)");
    return this.podOfUser(item);
  }

  private readChange(change: RecordedObject, line: number): void {
    this.count++;
    const event = String(change["event"] ?? change["Event"]);
    const object = (change["resource"] ?? change["Resource"]) as RecordedObject | undefined;
    const ms = parseTimeMs(String(change["time"] ?? change["Time"]));
    if (object === undefined || typeof object !== "object" || ms === undefined) {
      this.refuse(line, "a change has a time in RFC 3339, an event and a resource");
      return;
    }
    this.startMs ??= ms;
    if (object["kind"] === "PriorityClass" && isSystemName(object)) return;
    const atUs = Math.max(0, ms - this.startMs) * US_PER_MS;
    if (event === "Delete") this.recorded.remove(atUs, object);
    else if (event === "Add") this.recorded.apply(atUs, this.objectOfUser(object));
    else if (event === "Update") this.update(atUs, object);
    else this.refuse(line, `${JSON.stringify(event)}: Add, Update or Delete was expected`);
  }

  // Updates of pods and nodes are mostly the cluster's own: bindings, status, heartbeats.
  private update(atUs: number, object: RecordedObject): void {
    const { ledger } = this.request;
    const kind = object["kind"];
    if (kind === "Pod" || kind === "Node") {
      if (this.recorded.has(object))
        ledger.note("dropped", "updates of pods and nodes: what the cluster did, or status");
      else this.recorded.apply(atUs, this.objectOfUser(object));
    } else this.recorded.apply(atUs, this.objectOfUser(object));
  }

  private objectOfUser(object: RecordedObject): RecordedObject {
    return object["kind"] === "Pod" ? this.podOfUser(object) : withoutServerFields(object);
  }

  private podOfUser(pod: RecordedObject): RecordedObject {
    const { ownerReferences, ...metadata } = (withoutServerFields(pod)["metadata"] ??
      {}) as RecordedObject;
    if (ownerReferences !== undefined)
      this.request.ledger.note("repaired", "pods with an owner that is not recorded: without it");
    const spec = withoutFields((pod["spec"] ?? {}) as RecordedObject, DECIDED_FIELDS);
    return { apiVersion: "v1", kind: "Pod", metadata, spec };
  }

  private refuse(line: number, message: string): void {
    this.request.ledger.refuse({ code: "E_IMPORT_VALUE", message, file: this.file, line });
  }
}

/** Fields that the API server writes. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([
  ...["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"],
]);

function withoutServerFields(object: RecordedObject): RecordedObject {
  const metadata = withoutFields((object["metadata"] ?? {}) as RecordedObject, SERVER_FIELDS);
  return { ...object, metadata };
}

function withoutFields(object: RecordedObject, keys: ReadonlySet<string>): RecordedObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.has(key)));
}

function isSystemName(object: RecordedObject): boolean {
  return String((object["metadata"] as RecordedObject | undefined)?.["name"]).startsWith("system-");
}

const RFC_3339 = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

function parseTimeMs(text: string): number | undefined {
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const seconds = parseTimestampSeconds(`${match[1]}${match[3]}`);
  if (seconds === undefined) return undefined;
  return seconds * 1000 + Number((match[2] ?? "").slice(0, 3).padEnd(3, "0"));
}
