// Importer of SimKube traces: the objects that were applied to a real cluster and deleted from it, over time.
//
// MessagePack (.sktrace) or JSON; version 2. Times are Unix seconds, the first event is instant 0. Where
// the trace followed pods, the time that they ran is in it by owner; pods of one owner that ran for
// different times run for their mean here, and that is said. Traces hold no nodes.

import { formatDuration, type Duration, readJson } from "../../../base/index.ts";
import { formatTimestamp } from "../../../cluster/index.ts";
import { writeGivenNodes } from "./given-nodes.ts";
import type {
  ImportedScenario,
  Importer,
  ImportFile,
  ImportJob,
  ImportRequest,
  TextSink,
} from "./importer.ts";
import { nodeOptions } from "./import-units.ts";
import { readMsgpack } from "./msgpack.ts";
import { metaOf, type RecordedObject, RecordedObjects } from "./recorded-objects.ts";

/** The format's entry in the registry. */
export const SIMKUBE: Importer = {
  format: "simkube",
  what: "a SimKube trace: objects applied and deleted over time",
  files: [
    {
      name: "trace.sktrace",
      what: "the trace",
      isRequired: true,
      alike: ["*.sktrace", "*.json"],
      encoding: "bytes",
    },
  ],
  options: nodeOptions("the trace holds no nodes"),
  start: (request) => new SimkubeImport(request),
};

const VERSION = 2;
const US_PER_SECOND = 1_000_000;
/** Where the pod template stands, by kind. */
const TEMPLATE_PATHS: ReadonlyMap<string, readonly string[]> = new Map([
  ["Pod", []],
  ["CronJob", ["spec", "jobTemplate", "spec", "template"]],
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"].map(
    (kind): [string, readonly string[]] => [kind, ["spec", "template"]],
  ),
]);
/** Kinds whose pods end by themselves. */
const ENDING: ReadonlySet<string> = new Set(["Pod", "Job", "CronJob"]);

interface SimkubeEvent {
  readonly ts: number;
  readonly applied_objs: readonly RecordedObject[];
  readonly deleted_objs: readonly RecordedObject[];
}

class SimkubeImport implements ImportJob {
  private readonly request: ImportRequest;
  private readonly recorded: RecordedObjects;
  private readonly nodeCount: number;
  private file = "";
  private eventCount = 0;
  private startSeconds = 0;
  private lifetimes: ReadonlyMap<string, readonly number[]> = new Map();

  constructor(request: ImportRequest) {
    this.request = request;
    this.recorded = new RecordedObjects(request.ledger);
    this.nodeCount = writeGivenNodes(request);
  }

  open(_file: ImportFile, shownName: string): TextSink {
    const pieces: string[] = [];
    this.file = shownName;
    return { push: (text) => void pieces.push(text), end: () => this.read(pieces.join("")) };
  }

  finish(): ImportedScenario {
    const steps = this.recorded.importedSteps();
    return {
      name: "simkube",
      description: `SimKube trace: ${this.eventCount} events, ${steps.length} of them apply objects; ${this.nodeCount} nodes as given`,
      origin: ["recorded with SimKube (acrlabs/simkube)"],
      preset: "kubernetes-1.36",
      namespaces: this.recorded.namespaces(),
      wallStart: formatTimestamp(0, this.startSeconds),
      units: [`time: seconds; instant 0 is Unix second ${this.startSeconds}, the first event`],
      steps,
      edits: this.recorded.edits(),
    };
  }

  private read(bytes: string): void {
    const trace = this.parse(bytes);
    if (trace === undefined) return;
    if (trace["version"] !== VERSION) {
      this.refuse(`version ${String(trace["version"])}: version ${VERSION} is read`);
      return;
    }
    const events = (Array.isArray(trace["events"]) ? trace["events"] : []) as SimkubeEvent[];
    this.eventCount = events.length;
    this.request.ledger.read(this.file, events.length);
    this.startSeconds = events[0]?.ts ?? 0;
    this.lifetimes = this.lifetimesOf(trace["pod_lifecycles"]);
    for (const { ts, applied_objs, deleted_objs } of events) {
      const atUs = Math.max(0, Math.round((ts - this.startSeconds) * US_PER_SECOND));
      for (const object of applied_objs ?? []) this.recorded.apply(atUs, this.withLifetime(object));
      for (const object of deleted_objs ?? []) this.recorded.remove(atUs, object);
    }
  }

  private parse(bytes: string): RecordedObject | undefined {
    // A map of up to 15 keys begins with 0x80 to 0x8f in MessagePack, and with a brace in JSON.
    if (/^\s*\{/.test(bytes)) {
      const codes = Uint8Array.from(bytes, (character) => character.charCodeAt(0));
      const text = new TextDecoder().decode(codes);
      const { documents, problems } = readJson(text, { file: this.file });
      for (const problem of problems) this.request.ledger.refuse(problem);
      return documents[0]?.value as RecordedObject | undefined;
    }
    const reading = readMsgpack(bytes);
    if (reading.fault === undefined && typeof reading.value === "object")
      return reading.value as RecordedObject;
    this.refuse(`neither JSON nor MessagePack: ${reading.fault ?? "no map"}`);
    return undefined;
  }

  /** Seconds that pods ran, by owner; keys are `[kind, name]` as lists, however they were written. */
  private lifetimesOf(value: unknown): ReadonlyMap<string, readonly number[]> {
    const lifetimes = new Map<string, readonly number[]>();
    for (const [key, byHash] of Object.entries((value ?? {}) as RecordedObject)) {
      const lives = Object.values((byHash ?? {}) as RecordedObject).flatMap((list) =>
        Array.isArray(list) ? (list as RecordedObject[]) : [],
      );
      const seconds = lives.flatMap(({ Finished: times }) =>
        Array.isArray(times) ? [Number(times[1]) - Number(times[0])] : [],
      );
      const name = /"([^"/]*\/[^"/]*)"\]?$/.exec(key)?.[1] ?? key.slice(key.indexOf(":") + 1);
      const kind = /\.([A-Za-z]+)/.exec(key)?.[1] ?? "";
      if (seconds.length > 0) lifetimes.set(`${kind} ${name}`, seconds);
    }
    return lifetimes;
  }

  private withLifetime(object: RecordedObject): RecordedObject {
    const { ledger } = this.request;
    const kind = String(object["kind"]);
    const path = TEMPLATE_PATHS.get(kind);
    const { name = "", namespace = "" } = metaOf(object);
    const seconds = this.lifetimes.get(`${kind} ${namespace}/${name}`);
    if (path === undefined) return object;
    if (seconds === undefined) {
      if (ENDING.has(kind))
        ledger.note("unfinished", "pods whose end is not in the trace: they never end");
      return object;
    }
    const mean = seconds.reduce((sum, each) => sum + each, 0) / seconds.length;
    if (seconds.some((each) => each !== mean))
      ledger.note("assumed", "pods of one owner ran for different times: they run for the mean");
    const run = formatDuration(Math.round(mean * US_PER_SECOND) as Duration);
    return annotated(object, path, run);
  }

  private refuse(message: string): void {
    this.request.ledger.refuse({ code: "E_IMPORT_VALUE", message, file: this.file });
  }
}

/** The object with a run time in the metadata of its pod template. */
function annotated(object: RecordedObject, path: readonly string[], run: string): RecordedObject {
  const [key, ...rest] = path;
  const inside = (name: string): RecordedObject => (object[name] ?? {}) as RecordedObject;
  if (key !== undefined) return { ...object, [key]: annotated(inside(key), rest, run) };
  const metadata = inside("metadata");
  const annotations = { ...(metadata["annotations"] as object | null), "podsim.dev/run": run };
  return { ...object, metadata: { ...metadata, annotations } };
}
