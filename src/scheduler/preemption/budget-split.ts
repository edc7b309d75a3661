// Which evictions would break a disruption budget, if all potential victims went (E3.1).
//
// Pods are taken in the order given, and every budget that matches counts each of them, also those
// that are spared later. A budget with an empty selector matches nothing here, unlike in the
// Eviction API.

import type { DisruptionBudget } from "../framework/cluster-objects.ts";
import type { PodInfo } from "../framework/pod-info.ts";

/** Both lists keep the order of the pods. */
export interface BudgetSplit {
  readonly violating: readonly PodInfo[];
  readonly harmless: readonly PodInfo[];
}

/** Splits potential victims, most important first, by what the budgets still allow. */
export function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly DisruptionBudget[],
): BudgetSplit {
  const violating: PodInfo[] = [];
  const harmless: PodInfo[] = [];
  const allowed = budgets.map(({ disruptionsAllowed }) => disruptionsAllowed);
  for (const pod of pods) {
    let isViolating = false;
    for (const [index, budget] of budgets.entries()) {
      if (!isCounted(pod, budget)) continue;
      allowed[index]!--;
      if (allowed[index]! < 0) isViolating = true;
    }
    (isViolating ? violating : harmless).push(pod);
  }
  return { violating, harmless };
}

function isCounted(
  pod: PodInfo,
  { namespace, selector, disruptedPods }: DisruptionBudget,
): boolean {
  const { labels } = pod.template;
  if (labels.size === 0 || namespace !== pod.namespace) return false;
  if (selector.isEverything || !selector.matches(labels)) return false;
  return !disruptedPods.has(pod.name);
}
