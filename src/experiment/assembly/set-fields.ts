// New values of an object's fields by path: `replicas`, `requests.cpu`, `image`, `nodeSelector.disk`.
//
// A field of the object itself is looked up in a table; everything else is a field of its pod template,
// as manifests write it, and judged by the template's own reader. What has neither is refused by name.

import { nearest } from "../../base/index.ts";
import {
  type ApiObject,
  type IntOrPercent,
  type PodTemplate,
  type PodTemplateRegistry,
  templatePlaceOf,
} from "../../cluster/index.ts";
import type { FieldValue } from "../scenario/scenario.ts";

type Json = Readonly<Record<string, unknown>>;
type Reader = (value: unknown) => unknown;

/** A change of fields; `container` narrows down `image`, `requests` and `limits`. */
export interface FieldChange {
  readonly container: string | undefined;
  readonly fields: readonly FieldValue[];
}

/** The object after the change, or why it cannot be. The object is not altered. */
export function withFields<T extends object>(
  object: T,
  change: FieldChange,
  registry: PodTemplateRegistry,
): T | string {
  let after: T | string = object;
  for (const field of change.fields) {
    if (typeof after === "string") return after;
    after = withField(after, field, change.container, registry);
  }
  return after;
}

/** The template after the change; fields of the object itself are passed over. */
export function templateWithFields(
  template: PodTemplate,
  kind: string,
  { container, fields }: FieldChange,
  registry: PodTemplateRegistry,
): PodTemplate | string {
  let after: PodTemplate | string = template;
  for (const field of fields) {
    const path = templatePath(field.path);
    if (OWN_FIELDS.get(kind)?.has(ownPath(field.path)) === true || typeof after === "string")
      continue;
    after = patched(after, path, field.value, container, registry);
  }
  return after;
}

const count: Reader = (value) =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 100_000_000
    ? value
    : undefined;
const flag: Reader = (value) => (typeof value === "boolean" ? value : undefined);
const countOrPercent: Reader = (value): IntOrPercent | undefined => {
  if (count(value) !== undefined) return { kind: "int", value: value as number };
  const [, percent] = typeof value === "string" ? (/^(\d{1,3})%$/.exec(value) ?? []) : [];
  return percent === undefined ? undefined : { kind: "percent", value: Number(percent) };
};

const SCALABLE: ReadonlyMap<string, Reader> = new Map([
  ["replicas", count],
  ["minReadySeconds", count],
]);
const PACED: readonly (readonly [string, Reader])[] = [
  ["maxSurge", countOrPercent],
  ["maxUnavailable", countOrPercent],
];

/** Fields of the object itself by kind; their names are the decoded object's too. */
const OWN_FIELDS: ReadonlyMap<string, ReadonlyMap<string, Reader>> = new Map<
  string,
  ReadonlyMap<string, Reader>
>([
  ["Deployment", new Map([...SCALABLE, ...PACED, ["paused", flag]])],
  ["ReplicaSet", SCALABLE],
  ["ReplicationController", SCALABLE],
  ["StatefulSet", new Map([...SCALABLE, ["partition", count]])],
  ["DaemonSet", new Map([["minReadySeconds", count], ...PACED])],
  [
    "PodDisruptionBudget",
    new Map([
      ["minAvailable", countOrPercent],
      ["maxUnavailable", countOrPercent],
    ]),
  ],
  [
    "HorizontalPodAutoscaler",
    new Map([
      ["minReplicas", count],
      ["maxReplicas", count],
    ]),
  ],
  [
    "Job",
    new Map([
      ["parallelism", count],
      ["completions", count],
      ["suspend", flag],
    ]),
  ],
  ["CronJob", new Map([["suspend", flag]])],
]);

/** One bound excludes the other, as the API has it. */
const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ["minAvailable", "maxUnavailable"],
  ["maxUnavailable", "minAvailable"],
]);

function withField<T extends object>(
  object: T,
  { path, value }: FieldValue,
  container: string | undefined,
  registry: PodTemplateRegistry,
): T | string {
  const { kind } = object as unknown as ApiObject;
  const name = ownPath(path);
  const reader = OWN_FIELDS.get(kind)?.get(name);
  if (reader !== undefined) {
    const read = reader(value);
    if (read === undefined) return `${JSON.stringify(value)} is no value for ${name} of a ${kind}`;
    if (kind === "Job") return withJobField(object, name, read);
    const excluded = kind === "PodDisruptionBudget" ? EXCLUDED.get(name) : undefined;
    return {
      ...object,
      [name]: read,
      ...(excluded === undefined ? {} : { [excluded]: undefined }),
    };
  }
  const place = templatePlaceOf(object as unknown as ApiObject);
  if (place === undefined) return unknownField(kind, name);
  const template = patched(place.template, templatePath(path), value, container, registry);
  if (typeof template === "string") {
    const known = [...(OWN_FIELDS.get(kind)?.keys() ?? [])];
    const near = path.length === 1 ? nearest(name, known) : undefined;
    return near === undefined ? template : `${template}; did you mean '${near}'?`;
  }
  return withTemplate(object, template);
}

function withJobField<T extends object>(object: T, name: string, value: unknown): T {
  const { spec } = object as unknown as { readonly spec: object };
  return { ...object, spec: { ...spec, [name]: value } };
}

/** The object with another template, where its kind keeps it. */
export function withTemplate<T extends object>(object: T, template: PodTemplate): T {
  const whole = object as unknown as ApiObject;
  if (whole.kind === "Job") return { ...object, spec: { ...whole.spec, template } };
  if (whole.kind === "CronJob") return { ...object, jobSpec: { ...whole.jobSpec, template } };
  if (whole.kind !== "Pod") return { ...object, template };
  return { ...object, template, meta: { ...whole.meta, labels: template.labels } };
}

function unknownField(kind: string, name: string): string {
  const known = [...(OWN_FIELDS.get(kind)?.keys() ?? [])];
  if (known.length === 0) return `fields of a ${kind} cannot be set`;
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean '${near}'?`;
  return `'${name}' of a ${kind} cannot be set: ${hint}`;
}

/** `spec.replicas`, `spec.strategy.rollingUpdate.maxSurge` and `replicas` name one field. */
function ownPath(path: readonly string[]): string {
  const rest = path[0] === "spec" ? path.slice(1) : path;
  const isPace = rest.length === 3 && rest[1] === "rollingUpdate";
  return isPace ? rest[2]! : rest.join(".");
}

/** The path from the pod template: `spec.template.spec.x`, `template.spec.x`, `spec.x` and `x` are one. */
function templatePath(path: readonly string[]): readonly string[] {
  let rest = path;
  if (rest[0] === "spec" && (rest[1] === "template" || rest[1] === "jobTemplate"))
    rest = rest.slice(1);
  if (rest[0] === "jobTemplate" && rest[1] === "spec") rest = rest.slice(2);
  if (rest[0] === "template") rest = rest.slice(1);
  return rest[0] === "metadata" || rest[0] === "spec" ? rest : ["spec", ...rest];
}

function patched(
  template: PodTemplate,
  path: readonly string[],
  value: unknown,
  container: string | undefined,
  registry: PodTemplateRegistry,
): PodTemplate | string {
  const { metadata, spec } = template.source;
  const [part, ...steps] = path;
  if (part === "metadata") {
    const [map, ...rest] = steps;
    const key = rest.join(".");
    const isText = value === null || typeof value === "string";
    if ((map !== "labels" && map !== "annotations") || key === "" || !isText)
      return `'${path.join(".")}' is no label or annotation with a text`;
    return checked(template, registry, {
      ...{ metadata: { ...metadata, [map]: merged(metadata[map], key, value) }, spec },
    });
  }
  const wanted = shortened(steps, container);
  const containers = (spec["containers"] ?? []) as readonly { readonly name: string }[];
  const names = containers.map(({ name }) => name);
  if (container !== undefined && !names.includes(container)) {
    const near = nearest(container, names);
    const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean '${near}'?`;
    return `there is no container '${container}': ${hint}`;
  }
  const paths =
    wanted === undefined
      ? [steps]
      : names
          .filter((name) => container === undefined || name === container)
          .map((name) => ["containers", name, ...wanted]);
  let after: Json | string = resolvedPriority(spec, steps[0]);
  for (const each of paths) {
    if (typeof after !== "string") after = setAt(after, each, value) as Json | string;
  }
  if (typeof after === "string") return after;
  return checked(template, registry, { metadata, spec: after });
}

/** `image`, `requests.cpu` and `limits.memory` are those of every container. */
function shortened(
  steps: readonly string[],
  container: string | undefined,
): readonly string[] | undefined {
  if (steps[0] === "requests" || steps[0] === "limits") return ["resources", ...steps];
  if (steps[0] === "image" || container !== undefined) return steps;
  return undefined;
}

/** A priority that admission had worked out of another class goes with it. */
function resolvedPriority(spec: Json, field: string | undefined): Json {
  if (field !== "priorityClassName") return spec;
  const { priority: _priority, preemptionPolicy: _policy, ...rest } = spec;
  return rest;
}

function merged(map: Json | undefined, key: string, value: string | null): Json {
  const entries = Object.entries(map ?? {}).filter(([name]) => name !== key);
  return Object.fromEntries(value === null ? entries : [...entries, [key, value]]);
}

// What the reader of templates finds wrong now and did not find before is the new value's fault.
function checked(
  template: PodTemplate,
  registry: PodTemplateRegistry,
  source: { readonly metadata: Json; readonly spec: Json },
): PodTemplate | string {
  const { metadata, spec, status } = template.source;
  const found = faultsOf(registry, source);
  const known = new Set(faultsOf(registry, { metadata, spec }));
  const news = found.find((message) => !known.has(message));
  if (news !== undefined) return news;
  const unknown = unknownSpecField(registry, source.spec, spec);
  if (unknown !== undefined) return unknown;
  const removed = Object.fromEntries(
    Object.keys(spec)
      .filter((key) => !Object.hasOwn(source.spec, key))
      .map((key) => [key, undefined]),
  );
  return registry.derive(template, {
    labels: differences(metadata.labels, source.metadata["labels"]),
    annotations: differences(metadata.annotations, source.metadata["annotations"]),
    spec: { ...source.spec, ...removed },
    ...(status === undefined ? {} : { status: undefined }),
  });
}

function faultsOf(registry: PodTemplateRegistry, source: object): string[] {
  return registry
    .internChecked(source)
    .problems.filter(({ severity }) => severity === "error")
    .map(({ path, message }) => `${path.join(".")}: ${message}`);
}

/** A field that templates do not keep changes nothing; saying so beats doing nothing. */
function unknownSpecField(
  registry: PodTemplateRegistry,
  after: Json,
  before: Json,
): string | undefined {
  const kept = registry.intern({ metadata: {}, spec: after }).source.spec;
  const lost = Object.keys(after).find(
    (key) => !Object.hasOwn(kept, key) && !Object.hasOwn(before, key) && after[key] !== null,
  );
  return lost === undefined
    ? undefined
    : `'${lost}' is no field of a pod template that changes anything here`;
}

function differences(
  before: Readonly<Record<string, string>> | undefined,
  after: unknown,
): Record<string, string | undefined> {
  const wanted = (after ?? {}) as Readonly<Record<string, string>>;
  const gone = Object.keys(before ?? {}).filter((key) => !Object.hasOwn(wanted, key));
  return { ...Object.fromEntries(gone.map((key) => [key, undefined])), ...wanted };
}

/** A copy with the value at the path; items of lists go by their number or their name. */
function setAt(place: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (Array.isArray(place)) {
    const at = /^\d+$/.test(step)
      ? Number(step)
      : place.findIndex((item) => (item as Json | undefined)?.["name"] === step);
    if (at < 0 || at >= place.length) return `the list has no item '${step}'`;
    const item = setAt(place[at], rest, value);
    return typeof item === "string" && rest.length > 0 ? item : place.with(at, item);
  }
  if (place !== undefined && place !== null && typeof place !== "object")
    return `there is no field '${step}' inside a single value`;
  const map = (place ?? {}) as Json;
  const inner = setAt(Object.hasOwn(map, step) ? map[step] : undefined, rest, value);
  if (typeof inner === "string" && rest.length > 0) return inner;
  const { [step]: _, ...others } = map;
  return inner === null ? others : { ...others, [step]: inner };
}
