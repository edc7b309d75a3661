// A recorded timeline as a file holds it: the world, what was done to it, and what happened in three
// runs on a real control plane.
//
// Plain immutable values with the actions of every run made whole (runs 2 and 3 name only what differs
// from run 1). It knows the format, not what the figures mean.

import { InputError, readJson } from "../../../base/index.ts";

/** A JSON object of the file. */
export type Json = Readonly<Record<string, unknown>>;

/** One change of an object: only the fields that changed; null = removed. */
export interface TimelineEvent {
  /** Seconds since the first action; up to some tens of milliseconds late in a recorded run. */
  readonly t: number;
  /** The true order over all kinds. */
  readonly rv: number;
  readonly kind: string;
  readonly what: "created" | "changed" | "deleted";
  readonly name: string;
  /** Stable across runs; "" for objects that have none. */
  readonly alias: string;
  /** Alias of the owner, "" without one. */
  readonly owner: string;
  readonly set: Readonly<Record<string, string | null>>;
}

/** What the recorder waited for. */
export interface WaitCondition {
  readonly kind: string;
  readonly match: string;
  readonly field: string;
  readonly value: string;
  readonly count: number;
  readonly exact: boolean;
  readonly timeout: number;
}

/** Nodes of one shape. */
export interface NodeShape {
  readonly prefix: string;
  readonly count: number;
  readonly start: number;
  readonly zone?: string;
  readonly cpu: string;
  readonly memory: string;
  readonly pods: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Json[];
}

/** One action of one run, with everything that run 1 says about it. */
export interface TimelineAction {
  readonly op: string;
  readonly t: number;
  readonly until?: number;
  readonly done?: number;
  readonly ok?: boolean;
  readonly count?: number;
  readonly wait?: WaitCondition;
  readonly nodes?: readonly string[];
  readonly lastLeaseRenew?: Readonly<Record<string, number>>;
  readonly kind?: string;
  readonly names?: readonly string[];
  readonly patch?: unknown;
  readonly grace?: number;
  readonly nodeSpecs?: readonly NodeShape[];
  readonly args?: readonly string[];
  readonly error?: unknown;
  readonly totalMillicores?: number;
}

/** One run as it was recorded. */
export interface RecordedRun {
  /** Second of the wall-clock minute at the first action. */
  readonly wallStartSecondOfMinute: number;
  readonly actions: readonly TimelineAction[];
  /** In the order of `rv`. */
  readonly events: readonly TimelineEvent[];
  /** [t since the update, old alive, new alive, old ready, new ready, terminating]. */
  readonly curve: readonly (readonly number[])[] | undefined;
}

/** An object that was created, with the instant of its request in run 1. */
export interface TimelineInput {
  readonly t: number;
  readonly object: Json;
  /** It was refused. */
  readonly error: boolean;
}

/** What the recording says of one quantity over all runs. */
export interface RecordedQuantity {
  readonly min?: number;
  readonly median?: number;
  readonly max?: number;
  /** Values over all objects and runs. */
  readonly n?: number;
  /** The same in every run. */
  readonly everyRun?: unknown;
  readonly perRun?: readonly unknown[];
  /** It did not happen in any run. */
  readonly never?: boolean;
}

/** A whole file. */
export interface TimelineFile {
  readonly file: string;
  readonly scenario: string;
  /** Flags by component. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly nodes: readonly NodeShape[];
  readonly input: readonly TimelineInput[];
  /** True when `input` holds only the first of many like objects. */
  readonly inputIsCut: boolean;
  readonly runs: readonly RecordedRun[];
  readonly summary: ReadonlyMap<string, RecordedQuantity>;
}

/** Reads a file's text; what is wrong with it is told with its place. */
export function readTimeline(text: string, file: string): TimelineFile {
  const { documents, problems } = readJson(text, { file });
  const errors = problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new InputError(errors);
  const document = documents[0];
  const root = document?.value;
  const refuse = (path: string, message: string): never => {
    throw new InputError([{ code: "E_TIMELINE", severity: "error", file, path, message }]);
  };
  if (documents.length !== 1 || !isObject(root)) {
    return refuse("", "a timeline is one JSON object with nodes, input, actions, runs and summary");
  }
  const list = (place: Json, key: string, path: string): readonly Json[] => {
    const value = place[key];
    if (Array.isArray(value) && value.every(isObject)) return value;
    return refuse(`${path}${key}`, `'${key}' must be a list of objects`);
  };
  const actions = list(root, "actions", "");
  const runs = list(root, "runs", "").map((run, index): RecordedRun => {
    const path = `runs[${index}].`;
    const own = index === 0 && run["actions"] === undefined ? actions : list(run, "actions", path);
    if (own.length !== actions.length)
      refuse(`${path}actions`, `a run has as many actions as the file: ${actions.length}`);
    const start = run["wallStartSecondOfMinute"];
    return {
      wallStartSecondOfMinute: typeof start === "number" ? start : refuse(path, "no wall start"),
      actions: own.map((action, k) =>
        actionOf({ ...actions[k], ...action }, `${path}${k}`, refuse),
      ),
      events: list(run, "events", path)
        .map(eventOf)
        .sort((a, b) => a.rv - b.rv || a.t - b.t),
      curve: isObject(run["curve"])
        ? (run["curve"]["rows"] as readonly (readonly number[])[])
        : undefined,
    };
  });
  const summary = root["summary"];
  if (!isObject(summary)) return refuse("summary", "'summary' must be an object");
  return {
    file,
    scenario: String(root["scenario"] ?? ""),
    config: isObject(root["config"]) ? root["config"] : {},
    nodes: list(root, "nodes", "") as unknown as readonly NodeShape[],
    input: list(root, "input", "").map((entry, index) => inputOf(entry, index, refuse)),
    inputIsCut: root["inputNote"] !== undefined,
    runs,
    summary: new Map(Object.entries(summary).map(([key, value]) => [key, quantityOf(value)])),
  };
}

type Refuse = (path: string, message: string) => never;

function actionOf(action: Json, path: string, refuse: Refuse): TimelineAction {
  if (typeof action["op"] !== "string") refuse(path, "an action has an op");
  if (typeof action["t"] !== "number") refuse(path, "an action has a time t in seconds");
  return action as unknown as TimelineAction;
}

function inputOf(entry: Json, index: number, refuse: Refuse): TimelineInput {
  const { t, object } = entry;
  if (typeof t !== "number" || !isObject(object))
    return refuse(`input[${index}]`, "an input has t and object");
  return { t, object, error: entry["error"] !== undefined };
}

function eventOf(event: Json): TimelineEvent {
  const text = (key: string): string => String(event[key] ?? "");
  return {
    t: Number(event["t"]),
    rv: Number(event["rv"]),
    kind: text("kind"),
    what: text("what") as TimelineEvent["what"],
    name: text("name"),
    alias: text("alias"),
    owner: text("owner"),
    set: isObject(event["set"]) ? (event["set"] as TimelineEvent["set"]) : {},
  };
}

function quantityOf(value: unknown): RecordedQuantity {
  return isObject(value) ? value : { never: value === "never" };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
