// Evictions that a budget held up: from the first refusal until the pod was evicted at last.
//
// A drain tries again every few seconds; what counts is how long it tried, not how often.

import type { ApiServer } from "../../cluster/index.ts";
import type { WhatifBudget } from "../../metrics/index.ts";
import type { DrainStep } from "../assembly/drain.ts";

/** Fed by the drains of one run. */
export class BudgetBlocks {
  private readonly blocks = new Map<
    string,
    { -readonly [K in keyof WhatifBudget]: WhatifBudget[K] }
  >();

  /** A drain was answered. */
  onStep(api: ApiServer, { kind, nodeName, pod, uid, message }: DrainStep): void {
    const { nowUs } = api.simulation;
    const key = `${nodeName}\n${uid}`;
    const known = this.blocks.get(key);
    if (kind === "evicted") {
      if (known !== undefined) known.untilUs = nowUs;
      return;
    }
    if (known !== undefined) {
      known.refusalsCount++;
      known.lastUs = nowUs;
      known.message = message;
      return;
    }
    const { pods } = api;
    const namespace = pods.namespace(pod);
    this.blocks.set(key, {
      ...{ namespace, budget: budgetsOver(api, namespace, pod), node: nodeName },
      ...{
        pod: pods.name(pod),
        refusalsCount: 1,
        fromUs: nowUs,
        lastUs: nowUs,
        untilUs: null,
        message,
      },
    });
  }

  /** In order of the first refusal. */
  list(): WhatifBudget[] {
    return [...this.blocks.values()];
  }
}

function budgetsOver(api: ApiServer, namespace: string, pod: DrainStep["pod"]): string {
  const { labels } = api.pods.template(pod);
  return api.objects
    .list("PodDisruptionBudget")
    .filter((budget) => budget.namespace === namespace && budget.object.selector.matches(labels))
    .map(({ name }) => name)
    .join(", ");
}
