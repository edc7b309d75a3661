// The language of a scenario's `expect:` list: what an expectation may be about, what it may say of it,
// and how a wanted value is written.
//
// One table; schema, rules, builder and documentation are all made from it. How facts are found in a
// run is in observed-facts.ts.

import { describeValue } from "../../base/index.ts";
import type { ThresholdOperator } from "../../metrics/index.ts";

/** What an expectation is about. */
export type ExpectationSubject =
  | "pods"
  | "pod"
  | "node"
  | "object"
  | "objects"
  | "service"
  | "events";

/** The subjects, with what names them. */
export const EXPECTATION_SUBJECTS: ReadonlyMap<ExpectationSubject, string> = new Map([
  ["pods", "the pods that a label selector chooses, such as app=web; the empty text chooses all"],
  ["pod", "one pod: NAME or NAMESPACE/NAME"],
  ["node", "one node by its name"],
  ["object", "one object: KIND/NAME, such as deploy/web"],
  ["objects", "all objects of a kind, such as job"],
  ["service", "the endpoints of a Service by its name"],
  ["events", "Events by their reason, such as FailedCreate, up to now"],
]);

/**
 * How a field is used: `fact` is compared with the wanted value, `only` narrows down what is counted,
 * `map` holds several facts under the names of the API.
 */
export type ExpectationUse = "fact" | "only" | "map";

/**
 * How a wanted value is written: a whole number or a comparison with one, true or false, a whole text
 * (or `!=` and a text), a part of a text, or whatever the API may hold there.
 */
export type ExpectationForm = "count" | "flag" | "text" | "part" | "any";

/** One field of an expectation: with which subjects it may stand, how it is used there, what it means. */
export interface ExpectationField {
  readonly uses: Readonly<Partial<Record<ExpectationSubject, ExpectationUse>>>;
  readonly form: ExpectationForm;
  /** Subjects of which it is written in another form. */
  readonly otherForms?: Readonly<Partial<Record<ExpectationSubject, ExpectationForm>>>;
  readonly meaning: string;
}

/** The fields that say what is expected, in the order of the documentation. */
export const EXPECTATION_FIELDS: ReadonlyMap<string, ExpectationField> = new Map<
  string,
  ExpectationField
>([
  [
    "exists",
    {
      ...{ uses: { pod: "fact", node: "fact", object: "fact" }, form: "flag" },
      meaning: "whether it is there",
    },
  ],
  [
    "count",
    {
      ...{ uses: { pods: "fact", objects: "fact", events: "fact" }, form: "count" },
      meaning: "how many there are",
    },
  ],
  [
    "ready",
    {
      uses: { pods: "fact", pod: "fact", node: "fact", service: "fact" },
      form: "count",
      otherForms: { pod: "flag", node: "text" },
      meaning:
        "number of ready pods or endpoints; true or false of a pod; True, False or Unknown of a node",
    },
  ],
  ["serving", { uses: { service: "fact" }, form: "count", meaning: "number of serving endpoints" }],
  [
    "terminating",
    {
      ...{ uses: { pods: "fact", service: "fact" }, form: "count" },
      meaning: "number of terminating pods or endpoints",
    },
  ],
  [
    "nodes",
    { uses: { pods: "fact" }, form: "count", meaning: "number of nodes that the pods are on" },
  ],
  [
    "zoneSkew",
    {
      ...{ uses: { pods: "fact" }, form: "count" },
      meaning: "most pods in a zone less fewest, over zones with nodes",
    },
  ],
  [
    "nodeSkew",
    {
      ...{ uses: { pods: "fact" }, form: "count" },
      meaning: "most pods on a node less fewest, over all nodes",
    },
  ],
  ["phase", { uses: { pods: "only", pod: "fact" }, form: "text", meaning: "phase of the pod" }],
  [
    "status",
    {
      ...{ uses: { pods: "only", pod: "fact", object: "map" }, form: "text" },
      meaning:
        "of pods: what kubectl shows as STATUS; of objects: fields of the status under their API names",
    },
  ],
  [
    "reason",
    {
      uses: { pods: "only", pod: "fact" },
      form: "text",
      meaning: "status.reason of the pod, such as Evicted, OutOfcpu or DeadlineExceeded",
    },
  ],
  [
    "readyContainers",
    {
      uses: { pods: "only", pod: "fact" },
      form: "text",
      meaning: "what kubectl shows as READY, such as 1/2",
    },
  ],
  [
    "conditions",
    {
      ...{ uses: { object: "map", node: "map", pod: "map" }, form: "text" },
      meaning: "type of a condition and its status, or the reason it is given",
    },
  ],
  [
    "image",
    {
      ...{ uses: { pods: "only", pod: "fact", service: "only" }, form: "text" },
      meaning: "images of the pod's containers, joined by commas",
    },
  ],
  [
    "onNode",
    { uses: { pods: "only", pod: "fact" }, form: "text", meaning: "name of the pod's node" },
  ],
  [
    "restarts",
    {
      ...{ uses: { pods: "only", pod: "fact" }, form: "count" },
      meaning: "restarts of the pod's containers together",
    },
  ],
  [
    "pending",
    {
      ...{ uses: { pods: "only", pod: "fact" }, form: "part" },
      meaning: "a part of the message that says why the pod has no node",
    },
  ],
  [
    "taint",
    { uses: { node: "fact" }, form: "part", meaning: "a part of the node's taints, as KEY:EFFECT" },
  ],
  [
    "cordoned",
    { uses: { node: "fact" }, form: "flag", meaning: "whether the node is unschedulable" },
  ],
  ["holds", { uses: { node: "fact" }, form: "count", meaning: "number of pods bound to the node" }],
  [
    "about",
    {
      ...{ uses: { events: "only" }, form: "text" },
      meaning: "KIND/NAME or KIND of what the Events are about",
    },
  ],
  [
    "message",
    { uses: { events: "only" }, form: "part", meaning: "a part of the message of the Events" },
  ],
]);

/** How the wanted values of a field are written of a subject; a map's may be anything. */
export function formOf(field: ExpectationField, subject: ExpectationSubject): ExpectationForm {
  if (field.uses[subject] === "map") return field.form === "text" ? "any" : field.form;
  return field.otherForms?.[subject] ?? field.form;
}

/** A value that is wanted: a number to compare with, a whole text, or a part of a text. */
export interface WantedValue {
  readonly operator: ThresholdOperator | "has";
  readonly value: number | string;
}

const COMPARISON = /^(<=|>=|!=|=|<|>)\s*(\S.*)$/;

/** Reads a wanted value: `3`, `">=2"`, `true`, `OOMKilled`; a value that is none comes back as a sentence. */
export function parseWanted(given: unknown, form: ExpectationForm): WantedValue | string {
  const refusal = `expected ${FORM_WORDS[form]}, found ${describeValue(given)}`;
  if (typeof given === "boolean") {
    return form === "flag" || form === "any" ? { operator: "=", value: String(given) } : refusal;
  }
  if (typeof given === "number" || typeof given === "bigint") {
    const value = Number(given);
    const isCount = Number.isSafeInteger(value) && value >= 0;
    return isCount && (form === "count" || form === "any") ? { operator: "=", value } : refusal;
  }
  if (typeof given !== "string" || given.trim() === "" || form === "flag") return refusal;
  if (form === "part") return { operator: "has", value: given };
  const [, operator = "=", operand = given] = COMPARISON.exec(given) ?? [];
  const isNumber = form !== "text" && /^\d{1,15}$/.test(operand);
  const isEquality = operator === "=" || operator === "!=";
  if (!isNumber && (form === "count" || !isEquality)) return refusal;
  return {
    operator: operator as ThresholdOperator,
    value: isNumber ? Number(operand) : operand,
  };
}

const FORM_WORDS: Readonly<Record<ExpectationForm, string>> = {
  count: 'a whole number or a comparison such as ">=2"',
  flag: "true or false",
  text: "a text",
  part: "a part of a text",
  any: 'a number, a text or a comparison such as ">=2"',
};

/** Whether a found value is the wanted one; what is not there (null) never is. */
export function isWanted(found: number | string | null, { operator, value }: WantedValue): boolean {
  if (found === null) return false;
  if (operator === "has") return String(found).includes(String(value));
  if (typeof value === "string") return (String(found) === value) === (operator === "=");
  if (typeof found !== "number") return false;
  switch (operator) {
    case "<":
      return found < value;
    case "<=":
      return found <= value;
    case ">":
      return found > value;
    case ">=":
      return found >= value;
    case "=":
      return found === value;
    case "!=":
      return found !== value;
  }
}

/** A wanted value as people read it: `= 3`, `has Insufficient cpu`. */
export function formatWanted({ operator, value }: WantedValue): string {
  return `${operator} ${value}`;
}
