// What a Job's policies say of pods that have failed and of indexes that have succeeded.
//
// Pure rules over what is known of a pod's end; when they are asked, and what follows, is job.ts.

import type { JobObject, PodFailureRule } from "../cluster/index.ts";

/** How a pod ended, as far as a podFailurePolicy asks. */
export interface PodFailure {
  /** Exit codes of its containers by name, those that are known to have ended. */
  readonly exitCodes: ReadonlyMap<string, number>;
  /** Status of a condition, "" if the pod has none of that type. */
  conditionStatus(type: string): string;
}

/** The action of the first rule that matches; without one the failure counts. */
export function failureAction(
  rules: readonly PodFailureRule[],
  failure: PodFailure,
): PodFailureRule["action"] {
  return rules.find((rule) => isMatched(rule, failure))?.action ?? "Count";
}

function isMatched({ onExitCodes, onPodConditions }: PodFailureRule, failure: PodFailure): boolean {
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    return [...failure.exitCodes].some(
      ([name, code]) =>
        code !== 0 &&
        (containerName === undefined || containerName === name) &&
        values.includes(code) === (operator === "In"),
    );
  }
  return onPodConditions.some(
    ({ type, status }) => failure.conditionStatus(type) === (status === "" ? "True" : status),
  );
}

/** True if a rule of the successPolicy holds: its indexes, or so many of them, have succeeded. */
export function isSuccessPolicyMet(
  rules: JobObject["spec"]["successRules"],
  succeeded: ReadonlySet<number>,
): boolean {
  return rules.some(({ succeededIndexes, succeededCount }) => {
    const wanted = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes);
    const reached =
      wanted === undefined ? succeeded.size : [...wanted].filter((i) => succeeded.has(i)).length;
    if (succeededCount !== undefined) return reached >= succeededCount;
    return wanted !== undefined && reached === wanted.size;
  });
}

/** "0,2-4" as a set; ranges are inclusive. */
export function parseIndexes(text: string): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const part of text.split(",")) {
    const [low = "", high = low] = part.split("-");
    if (low.trim() === "") continue;
    for (let index = Number(low); index <= Number(high); index++) indexes.add(index);
  }
  return indexes;
}
