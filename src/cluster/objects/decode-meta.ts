// Decoding of metadata, owner references, conditions and int-or-percent values.
//
// Shared by all kinds, with the API's rules for names. Server-side noise is read past, not kept.

import type { DocumentPath } from "../../base/index.ts";
import { isKeptAnnotation } from "../pod-template/kept-annotations.ts";
import { labelsOf } from "../selectors/labels.ts";
import {
  dnsLabel1035Problem,
  dnsLabelProblem,
  subdomainProblem,
} from "../selectors/qualified-name.ts";
import { decodeLabels } from "./decode-labels.ts";
import type { FieldCursor } from "./field-cursor.ts";
import type { Condition, IntOrPercent, ObjectMeta, OwnerReference } from "./object-meta.ts";

/** How the names of a kind are checked. */
export type NameRule = "subdomain" | "label" | "label1035" | "any";

const NAME_PROBLEM: Readonly<Record<NameRule, (name: string) => string | undefined>> = {
  subdomain: subdomainProblem,
  label: dnsLabelProblem,
  label1035: dnsLabel1035Problem,
  any: (name) =>
    /^[^/%]+$/.test(name) && name !== "." && name !== ".."
      ? undefined
      : "may not contain '/' or '%'",
};

/** Decodes metadata of an object of a kind with this scope and name rule. */
export function decodeMeta(
  object: FieldCursor,
  isNamespaced: boolean,
  nameRule: NameRule,
): ObjectMeta {
  const cursor = object.objectOrEmpty("metadata");
  const meta: ObjectMeta = {
    name: cursor.text("name"),
    generateName: cursor.text("generateName"),
    namespace: isNamespaced ? cursor.text("namespace") || "default" : "",
    labels: decodeLabels(cursor, "labels"),
    annotations: labelsOf(
      [...(cursor.pairs("annotations") ?? [])].filter(([key]) => isKeptAnnotation(key)),
    ),
    uid: cursor.optionalText("uid"),
    generation: cursor.optionalInteger("generation", 0, Number.MAX_SAFE_INTEGER),
    ownerReferences: cursor.objects("ownerReferences").map(decodeOwner),
    finalizers: cursor.texts("finalizers"),
    creationTimestampSeconds: cursor.timestamp("creationTimestamp"),
    deletionTimestampSeconds: cursor.timestamp("deletionTimestamp"),
    deletionGracePeriodSeconds: cursor.optionalInteger("deletionGracePeriodSeconds", 0),
  };
  cursor.skip("namespace", "managedFields", "resourceVersion", "selfLink", "clusterName");
  cursor.close();
  checkMeta(cursor, meta, nameRule);
  return meta;
}

function checkMeta(cursor: FieldCursor, meta: ObjectMeta, nameRule: NameRule): void {
  const { name, generateName, namespace } = meta;
  if (name === "" && generateName === "") {
    cursor.refuse("name", "Required value: name or generateName is required", "E_REQUIRED");
  }
  const problem = name === "" ? undefined : NAME_PROBLEM[nameRule](name);
  if (problem !== undefined)
    cursor.refuse("name", `Invalid value: "${name}": ${problem}`, "E_INVALID_NAME");
  const namespaceProblem = namespace === "" ? undefined : dnsLabelProblem(namespace);
  if (namespaceProblem !== undefined) {
    cursor.refuse(
      "namespace",
      `Invalid value: "${namespace}": ${namespaceProblem}`,
      "E_INVALID_NAME",
    );
  }
  if (meta.ownerReferences.filter((owner) => owner.isController).length > 1) {
    cursor.refuse(
      "ownerReferences",
      "Invalid value: only one reference can have controller set to true",
    );
  }
}

function decodeOwner(item: FieldCursor): OwnerReference {
  const owner = {
    apiVersion: item.text("apiVersion"),
    kind: item.text("kind"),
    name: item.text("name"),
    uid: item.text("uid"),
    isController: item.boolean("controller"),
    blockOwnerDeletion: item.boolean("blockOwnerDeletion"),
  };
  item.close();
  return owner;
}

/** Decodes status conditions. */
export function decodeConditions(status: FieldCursor, key = "conditions"): Condition[] {
  return status.objects(key).map((item) => ({
    type: item.text("type"),
    status: item.oneOf("status", ["True", "False", "Unknown"], "Unknown"),
    reason: item.text("reason"),
    message: item.text("message"),
    lastTransitionSeconds: item.timestamp("lastTransitionTime"),
    lastHeartbeatSeconds: item.timestamp("lastHeartbeatTime"),
  }));
}

/** Decodes a number or a percentage; undefined when absent. */
export function decodeIntOrPercent(cursor: FieldCursor, key: string): IntOrPercent | undefined {
  const value = cursor.raw(key);
  if (value === undefined) return undefined;
  const path: DocumentPath = cursor.at(key);
  if (typeof value === "number" && Number.isInteger(value)) {
    if (value < 0)
      cursor.refuse(key, `Invalid value: ${value}: must be greater than or equal to 0`);
    return { kind: "int", value };
  }
  const percent = typeof value === "string" ? /^([0-9]+)%$/.exec(value)?.[1] : undefined;
  if (percent === undefined || percent.length > 6) {
    cursor.sink.error(
      path,
      `Invalid value: ${describeValue(value)}: must be an integer or a percentage such as "25%"`,
    );
    return undefined;
  }
  return { kind: "percent", value: Number(percent) };
}

function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "object" ? "an object or a list" : String(value);
}
