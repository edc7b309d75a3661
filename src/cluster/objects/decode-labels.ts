// Decoding of labels, selectors, tolerations and taints wherever they stand in an object.
//
// The compiled forms are the selectors' business; here are the API's rules for them and the places
// at which they are broken.

import type { Labels } from "../selectors/labels.ts";
import { NO_LABELS } from "../selectors/labels.ts";
import { compileLabelSelector, type LabelSelector } from "../selectors/label-selector.ts";
import { labelValueProblem, qualifiedNameProblem } from "../selectors/qualified-name.ts";
import type { Taint, TaintEffect, Toleration } from "../selectors/taints.ts";
import type { FieldCursor } from "./field-cursor.ts";

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;

/** A map of labels, checked; undefined when absent. */
export function decodeOptionalLabels(cursor: FieldCursor, key: string): Labels | undefined {
  const labels = cursor.pairs(key);
  if (labels === undefined || !cursor.sink.options.validate) return labels;
  for (const [name, value] of labels) {
    const problem = qualifiedNameProblem(name) ?? labelValueProblem(value);
    if (problem === undefined) continue;
    const shown = qualifiedNameProblem(name) === undefined ? value : name;
    cursor.sink.error(
      cursor.at(key, name),
      `Invalid value: "${shown}": ${problem}`,
      "E_INVALID_LABEL",
    );
  }
  return labels;
}

/** A map of labels, empty when absent. */
export function decodeLabels(cursor: FieldCursor, key: string): Labels {
  return decodeOptionalLabels(cursor, key) ?? NO_LABELS;
}

/** A label selector; an invalid one is refused where rules are checked, and kept as a value that matches nothing. */
export function decodeLabelSelector(cursor: FieldCursor, key: string): LabelSelector {
  const selector = compileLabelSelector(cursor.raw(key));
  if (selector.error !== undefined) cursor.refuse(key, selector.error, "E_INVALID_SELECTOR");
  cursor.object(key)?.skip("matchLabels", "matchExpressions");
  return selector;
}

/** The tolerations of a pod or runtime class. */
export function decodeTolerations(cursor: FieldCursor, key: string): Toleration[] {
  return cursor.objects(key).map((item) => {
    const toleration: Toleration = {
      key: item.text("key"),
      operator: item.text("operator"),
      value: item.text("value"),
      effect: item.optionalOneOf("effect", EFFECTS) ?? "",
      tolerationSeconds: item.optionalInteger("tolerationSeconds", -MAX_SAFE, MAX_SAFE),
    };
    checkToleration(item, toleration);
    item.close(true);
    return toleration;
  });
}

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

function checkToleration(item: FieldCursor, toleration: Toleration): void {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  const keyProblem = key === "" ? undefined : qualifiedNameProblem(key);
  if (keyProblem !== undefined) item.refuse("key", `Invalid value: "${key}": ${keyProblem}`);
  if (key === "" && operator !== "Exists") {
    item.refuse(
      "operator",
      `Invalid value: "${operator}": operator must be Exists when \`key\` is empty, which means "match all values and all keys"`,
    );
  }
  if (operator === "Exists" && value !== "") {
    item.refuse(
      "operator",
      `Invalid value: "${value}": value must be empty when \`operator\` is 'Exists'`,
    );
  }
  if (!["", "Equal", "Exists"].includes(operator)) {
    item.refuse(
      "operator",
      `Unsupported value: "${operator}": supported values: "Equal", "Exists"`,
    );
  }
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    item.refuse(
      "effect",
      `Invalid value: "${effect}": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
    );
  }
}

/** The taints of a node. */
export function decodeTaints(cursor: FieldCursor, key: string): Taint[] {
  const taints: Taint[] = [];
  for (const item of cursor.objects(key)) {
    const timeAdded = item.timestamp("timeAdded");
    const taint = {
      key: item.text("key"),
      value: item.text("value"),
      effect: item.oneOf<TaintEffect>("effect", EFFECTS, "NoSchedule"),
    };
    if (!item.has("effect")) item.refuse("effect", "Required value: a taint needs an effect");
    const problem = qualifiedNameProblem(taint.key) ?? labelValueProblem(taint.value);
    if (problem !== undefined) item.refuse("key", `Invalid value: "${taint.key}": ${problem}`);
    item.close(true);
    taints.push(timeAdded === undefined ? taint : { ...taint, timeAddedSeconds: timeAdded });
  }
  return taints;
}
