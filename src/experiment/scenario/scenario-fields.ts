// The small languages inside a scenario file: durations, quantities, rates, seeds, laws, object names.
//
// Each reader takes an untrusted value and answers with what it means or with what is wrong with it.
// The schema uses them to complain, the builder to read: so the two cannot disagree.

import {
  type Duration,
  describeValue,
  LAW_NAMES,
  LAW_SPECS,
  lawFromSpec,
  nearest,
  parseDuration,
  US_PER_SECOND,
} from "../../base/index.ts";
import {
  isQuantityError,
  parseQuantity,
  parseTimestampSeconds,
  type Quantity,
} from "../../cluster/index.ts";
import type { LawDescription, ObjectName } from "./scenario.ts";

/** One thing wrong with a value; the path is relative to it. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly path?: readonly (string | number)[];
}

/** What a value means, or why it means nothing. */
export type Reading<T> =
  | { readonly value: T; readonly refusals?: undefined }
  | { readonly value?: undefined; readonly refusals: readonly Refusal[] };

/** Reads an untrusted value. */
export type FieldReader<T> = (value: unknown) => Reading<T>;

function refuse(code: string, message: string, hint?: string): { refusals: readonly Refusal[] } {
  return { refusals: [hint === undefined ? { code, message } : { code, message, hint }] };
}

function refuseType(
  expected: string,
  value: unknown,
  hint?: string,
): { refusals: readonly Refusal[] } {
  if (value === undefined) return refuse("E_MISSING_FIELD", "is required but missing");
  return refuse("E_TYPE", `expected ${expected}, found ${describeValue(value)}`, hint);
}

/** Text that is not empty. */
export function readText(value: unknown): Reading<string> {
  if (typeof value !== "string") {
    const isScalar = typeof value === "number" || typeof value === "boolean";
    return refuseType("text", value, isScalar ? "quote it if text is meant" : undefined);
  }
  return value === "" ? refuse("E_VALUE", "must not be empty") : { value };
}

/** true or false. */
export function readBoolean(value: unknown): Reading<boolean> {
  return typeof value === "boolean" ? { value } : refuseType("true or false", value);
}

/** A whole number between the bounds, both included. */
export function integerReader(min: number, max: number): FieldReader<number> {
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint")
      return refuseType("a whole number", value);
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      return { value: value === 0 ? 0 : value };
    }
    return refuse("E_RANGE", `must be a whole number from ${min} to ${max}, not ${value}`);
  };
}

/** The word for as many pods as there are in the long run. */
const STATIONARY = "stationary";

/** Reads `prefill` of a generator. */
export function readPrefill(value: unknown): Reading<typeof STATIONARY | number> {
  if (value === STATIONARY) return { value };
  if (typeof value === "string")
    return refuseType(`'${STATIONARY}', or a whole number of pods`, value);
  return integerReader(0, 1_000_000)(value);
}

/** A number between the bounds; the lower one excluded when `above` is set. */
export function numberReader(
  min: number,
  max: number,
  above: boolean = false,
): FieldReader<number> {
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint")
      return refuseType("a number", value);
    const number = Number(value);
    if (number <= max && (above ? number > min : number >= min))
      return { value: number === 0 ? 0 : number };
    const range = above ? `above ${min} and at most ${max}` : `from ${min} to ${max}`;
    return refuse("E_RANGE", `must be a number ${range}, not ${value}`);
  };
}

/**
 * A decimal number from 0 to `max` with at most as many digits behind the point as `scale` has zeros,
 * as a number or a text; read as a whole number of its parts, so that no price is rounded.
 */
export function scaledReader(scale: 1_000 | 1_000_000, max: number): FieldReader<number> {
  const digits = scale === 1_000 ? 3 : 6;
  return (value) => {
    if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "string")
      return refuseType("a number such as 0.096", value);
    const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(String(value));
    if (match === null) return refuse("E_VALUE", `'${value}' is no number such as 0.096`);
    const part = (match[2] ?? "").replace(/0+$/, "");
    if (part.length > digits)
      return refuse("E_RANGE", `has more than ${digits} digits behind the point: ${value}`);
    const scaled = Number(match[1]) * scale + Number(part.padEnd(digits, "0"));
    if (scaled > max * scale) return refuse("E_RANGE", `must be from 0 to ${max}, not ${value}`);
    return { value: scaled };
  };
}

/** A price per hour in millionths of its currency. */
export const readPricePerHour: FieldReader<number> = scaledReader(1_000_000, 1_000_000);

/** Watts in thousandths. */
export const readWatts: FieldReader<number> = scaledReader(1_000, 1_000_000);

/** One of the given texts. */
export function choiceReader<const T extends string>(
  choices: readonly T[],
  noun?: string,
): FieldReader<T> {
  return (value) => {
    if (typeof value !== "string") return refuseType(`one of ${choices.join(", ")}`, value);
    if (choices.includes(value as T)) return { value: value as T };
    const near = nearest(value, choices);
    const what = noun === undefined ? `'${value}' is` : `'${value}' is no known ${noun}:`;
    const list =
      noun === undefined ? ` not one of ${choices.join(", ")}` : ` known are ${choices.join(", ")}`;
    return refuse(
      "E_VALUE",
      what + list,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  };
}

/** Go-style duration text, not negative; `above` refuses zero as well. */
export function durationReader(above: boolean = false): FieldReader<Duration> {
  return (value) => {
    if (typeof value !== "string") {
      const hint = typeof value === "number" ? `write a unit, such as ${value}s` : undefined;
      return refuseType("a duration such as 1h30m or 250ms", value, hint);
    }
    const duration = parseDuration(value);
    if (duration === undefined) {
      const hint = durationHint(value);
      return refuse(
        "E_DURATION",
        `'${value}' is no duration: write 1h30m, 90s or 250ms (at least 1us)`,
        hint,
      );
    }
    if (duration < 0) return refuse("E_RANGE", `must not be negative, not ${value}`);
    if (above && duration === 0) return refuse("E_RANGE", `must be longer than 0, not ${value}`);
    return { value: duration };
  };
}

/** The word that lets a pilot find the warm-up. */
export const WARMUP_AUTO = "auto";

/** Reads `run.warmup`: a duration, or that it is to be found. */
export function readWarmUp(value: unknown): Reading<Duration | typeof WARMUP_AUTO> {
  return value === WARMUP_AUTO ? { value } : durationReader()(value);
}

function durationHint(text: string): string | undefined {
  const days = /^(\d{1,6})d$/.exec(text);
  if (days !== null) return `write ${Number(days[1]) * 24}h`;
  if (/^\d+(\.\d+)?$/.test(text)) return `write a unit, such as ${text}s`;
  const words = /^(\d+) *(ms|s|m|h|sec|min|hour)[a-z]*$/i.exec(text);
  return words === null
    ? undefined
    : `write ${words[1]}${words[2]![0]!.toLowerCase()}${/^ms$/i.test(words[2]!) ? "s" : ""}`;
}

/** A quantity of a resource, as text or as a bare number; not negative, at most 2^53-1 base units. */
export function quantityReader(resource: string): FieldReader<Quantity> {
  return (value) => {
    const isNumber = typeof value === "number" || typeof value === "bigint";
    if (typeof value !== "string" && !isNumber)
      return refuseType("a quantity such as 500m or 4Gi", value);
    const text = String(value);
    const quantity = parseQuantity(text);
    if (isQuantityError(quantity)) {
      return refuse("E_QUANTITY", `'${text}' is no Kubernetes quantity`, quantityHint(text));
    }
    if (quantity.sign < 0) return refuse("E_RANGE", `must not be negative, not ${text}`);
    const units = resource === "cpu" ? quantity.milliValue() : quantity.value();
    if (units > BigInt(Number.MAX_SAFE_INTEGER)) {
      return refuse(
        "E_LIMIT_QUANTITY",
        `${text} is more than 2^53-1 base units, the most a run can hold`,
      );
    }
    return { value: quantity };
  };
}

function quantityHint(text: string): string {
  const repaired = text
    .replaceAll(" ", "")
    .replace(/K$/, "k")
    .replace(/KI$|ki$/, "Ki")
    .replace(/([mgtpe])i?b$/i, (_, u: string) => `${u.toUpperCase()}i`);
  const sound = repaired !== text && !isQuantityError(parseQuantity(repaired));
  return sound
    ? `did you mean '${repaired}'?`
    : "suffixes are n u m k M G T P E and Ki Mi Gi Ti Pi Ei";
}

/** Events per second: a number, or text such as `8/s`, `90/m`, `4/h`. */
export function readRatePerSecond(value: unknown): Reading<number> {
  let rate = typeof value === "bigint" ? Number(value) : value;
  if (typeof value === "string") {
    const match = /^(\d+(?:\.\d+)?)\/(s|m|h)$/.exec(value);
    if (match === null) return refuse("E_RATE", `'${value}' is no rate: write 8, 8/s, 90/m or 4/h`);
    rate = Number(match[1]) / { s: 1, m: 60, h: 3600 }[match[2] as "s" | "m" | "h"];
  }
  if (typeof rate !== "number") return refuseType("a rate such as 8 or 90/m", value);
  if (rate > 0 && rate <= 1_000_000 && rate >= 1e-9) return { value: rate };
  return refuse("E_RANGE", `must be above 0 and at most 1000000 per second, not ${value}`);
}

/** A seed: text or an integer of any size; an integer is its decimal text. */
export function readSeed(value: unknown): Reading<string> {
  if (typeof value === "bigint") return { value: String(value) };
  if (typeof value === "number") {
    if (Number.isInteger(value)) return { value: String(value === 0 ? 0 : value) };
    return refuse("E_RANGE", `a seed is text or a whole number, not ${value}`);
  }
  if (typeof value !== "string") return refuseType("text or a whole number", value);
  if (value === "") return refuse("E_VALUE", "must not be empty");
  return value.length <= 256 ? { value } : refuse("E_RANGE", "a seed has at most 256 characters");
}

const KINDS: ReadonlyMap<string, string> = new Map(
  [
    ["Deployment", "deployment", "deployments", "deploy"],
    ["ReplicaSet", "replicaset", "replicasets", "rs"],
    ["StatefulSet", "statefulset", "statefulsets", "sts"],
    ["DaemonSet", "daemonset", "daemonsets", "ds"],
    ["Job", "job", "jobs"],
    ["CronJob", "cronjob", "cronjobs", "cj"],
    ["Pod", "pod", "pods", "po"],
    ["Node", "node", "nodes", "no"],
    ["Service", "service", "services", "svc"],
    ["HorizontalPodAutoscaler", "horizontalpodautoscaler", "horizontalpodautoscalers", "hpa"],
    ["PodDisruptionBudget", "poddisruptionbudget", "poddisruptionbudgets", "pdb"],
    ["ResourceQuota", "resourcequota", "resourcequotas", "quota"],
    ["LimitRange", "limitrange", "limitranges", "limits"],
    ["PersistentVolumeClaim", "persistentvolumeclaim", "persistentvolumeclaims", "pvc"],
  ].flatMap(([kind, ...names]) => names.map((name): [string, string] => [name, kind!])),
);

const KIND_NAMES =
  "deploy, rs, sts, ds, job, cronjob, pod, node, svc, hpa, pdb, quota, limits, pvc";

/** Kind and name in kubectl's form, such as `deploy/web`. The namespace comes from beside it. */
export function readObjectName(value: unknown): Reading<Omit<ObjectName, "namespace">> {
  if (typeof value !== "string") return refuseType("an object such as deploy/web", value);
  const slash = value.indexOf("/");
  const kind = KINDS.get(value.slice(0, Math.max(0, slash)).toLowerCase());
  const name = value.slice(slash + 1);
  if (kind !== undefined && name !== "" && !name.includes("/")) return { value: { kind, name } };
  return refuse(
    "E_VALUE",
    `'${value}' names no object: write KIND/NAME, KIND one of ${KIND_NAMES}`,
  );
}

/** A kind in kubectl's form, such as `deploy`. */
export function readObjectKind(value: unknown): Reading<string> {
  if (typeof value !== "string") return refuseType("a kind such as deploy", value);
  const kind = KINDS.get(value.toLowerCase());
  if (kind !== undefined) return { value: kind };
  return refuse("E_VALUE", `'${value}' names no kind: write one of ${KIND_NAMES}`);
}

/**
 * The steps of a path to a field: parted by dots, and a step in brackets may hold dots itself, as in
 * `nodeSelector[topology.kubernetes.io/zone]`.
 */
export function readFieldPath(value: unknown): Reading<readonly string[]> {
  if (typeof value !== "string") return refuseType("a path such as requests.cpu", value);
  const steps: string[] = [];
  let rest = value;
  while (rest !== "") {
    const [whole, bracketed, plain] = /^\.?(?:\[([^\]]*)\]|([^.[]*))/.exec(rest)!;
    steps.push(bracketed ?? plain ?? "");
    if (whole === "") break;
    rest = rest.slice(whole.length);
  }
  const isPath = steps.length > 0 && !steps.includes("") && !steps.includes("__proto__");
  return isPath ? { value: steps } : refuse("E_VALUE", `'${value}' is no path to a field`);
}

/** A time as RFC 3339 has it, in whole seconds since 1970. */
export function readTimestamp(value: unknown): Reading<number> {
  if (typeof value !== "string") return refuseType("a time such as 2026-01-01T08:00:00Z", value);
  const seconds = parseTimestampSeconds(value);
  if (seconds !== undefined) return { value: seconds };
  return refuse("E_VALUE", `'${value}' is no time: write it as 2026-01-01T08:00:00Z`);
}

/**
 * A law of a span of time: `{ law: lognormal, median: 15m, sigma: 1 }`. Values of time are durations as
 * text or seconds as numbers; the description that comes back holds seconds.
 */
export function readTimeLaw(value: unknown): Reading<LawDescription> {
  const refusals: Refusal[] = [];
  const description = readLaw(value, [], refusals, 0);
  if (description === undefined || refusals.length > 0) return { refusals };
  const { faults } = lawFromSpec(description);
  if (faults === undefined) return { value: description };
  return { refusals: faults.map(({ path, message }) => ({ code: "E_LAW", message, path })) };
}

type Path = readonly (string | number)[];

function readLaw(
  value: unknown,
  path: Path,
  refusals: Refusal[],
  depth: number,
): LawDescription | undefined {
  const add = (refusal: Omit<Refusal, "path">, ...rest: Path): undefined => {
    refusals.push({ ...refusal, path: [...path, ...rest] });
    return undefined;
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const [refusal] = refuseType("a law such as { law: exponential, mean: 10m }", value).refusals;
    return add(refusal!);
  }
  if (depth > 8) return add({ code: "E_LAW", message: "mixtures are nested more than 8 deep" });
  const fields = new Map(Object.entries(value));
  const name = choiceReader(LAW_NAMES, "law")(fields.get("law"));
  if (name.refusals !== undefined) return add(name.refusals[0]!, "law");
  const law = name.value;
  const known = new Map(
    LAW_SPECS[law].forms.flat().map((parameter) => [parameter.name, parameter]),
  );
  const description: { law: typeof law; [parameter: string]: unknown } = { law };
  for (const [key, given] of fields) {
    if (key === "law") continue;
    const parameter = known.get(key);
    if (parameter === undefined) {
      const near = nearest(key, known.keys());
      const hint =
        near === undefined
          ? `${law} takes ${[...known.keys()].join(", ")}`
          : `did you mean '${near}'?`;
      add({ code: "E_UNKNOWN_FIELD", message: "unknown field", hint }, key);
    } else if (parameter.kind === "laws" && Array.isArray(given)) {
      description[key] = given.map((one, i) =>
        readLaw(one, [...path, key, i], refusals, depth + 1),
      );
    } else if (parameter.kind === "numbers" && Array.isArray(given)) {
      description[key] = given.map((one, i) =>
        readLawNumber(one, parameter.unit, (r) => add(r, key, i)),
      );
    } else if (parameter.kind === "laws" || parameter.kind === "numbers") {
      add(refuseType("a list", given).refusals[0]!, key);
    } else {
      description[key] = readLawNumber(given, parameter.unit, (r) => add(r, key));
    }
  }
  return description;
}

function readLawNumber(
  value: unknown,
  unit: "value" | "rate" | "pure",
  add: (refusal: Refusal) => undefined,
): number | undefined {
  if (unit === "rate") {
    const rate = readRatePerSecond(value);
    return rate.refusals === undefined ? rate.value : add(rate.refusals[0]!);
  }
  if (unit === "value" && typeof value === "string") {
    const duration = durationReader()(value);
    if (duration.refusals !== undefined) return add(duration.refusals[0]!);
    return duration.value / US_PER_SECOND;
  }
  const reading = numberReader(unit === "value" ? 0 : -1e15, 1e15)(value);
  return reading.refusals === undefined ? reading.value : add(reading.refusals[0]!);
}
