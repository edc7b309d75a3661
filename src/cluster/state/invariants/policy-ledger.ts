// Policy ledger: budgets and quotas, judged from the stream of commits alone.
//
// An eviction takes one disruption from a budget that has one; a creation takes no more of a quota
// than it has left. Controllers may write any count afterwards: only what admission and evictions
// take is judged.

import type { QuantityMap } from "../../quantity/resource-list.ts";
import type { ObjectChange } from "../changes.ts";
import type { DisruptionBudgetStatus } from "../eviction.ts";
import type { StoredObject } from "../object-store.ts";
import type { Violations } from "./violations.ts";

/** Bounds and usage, as a quota's status has them. */
interface QuotaStatus {
  readonly hard: QuantityMap;
  readonly used: QuantityMap;
}

/** Judges changes of PodDisruptionBudgets and ResourceQuotas. */
export class PolicyLedger {
  private readonly violations: Violations;
  /** Number of the event that fires now. */
  private readonly eventNumber: () => number;
  /** A quota raised beyond its bound by the present event, by namespace. */
  private readonly raised = new Map<string, { readonly event: number; readonly text: string }>();

  constructor(violations: Violations, eventNumber: () => number) {
    this.violations = violations;
    this.eventNumber = eventNumber;
  }

  seeObject({ objectKind, kind, before, after }: ObjectChange): void {
    if (objectKind === "PodDisruptionBudget") this.seeBudget(before, after);
    else if (objectKind === "ResourceQuota") this.seeQuota(before, after);
    if (kind === "Added" && after !== undefined) this.seeCreated(after.namespace);
  }

  /** Something was created in this namespace: what the quotas were charged for. */
  seeCreated(namespace: string): void {
    const raised = this.raised.get(namespace);
    if (raised === undefined) return;
    this.raised.delete(namespace);
    if (raised.event === this.eventNumber()) this.violations.note("I16", raised.text);
  }

  private seeBudget(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const was = before?.status as DisruptionBudgetStatus | undefined;
    const is = after?.status as DisruptionBudgetStatus | undefined;
    if (is === undefined) return;
    if (is.disruptionsAllowed < 0) {
      this.violations.note("I54", "a budget allows fewer than no disruptions");
    }
    const known = was?.disruptedPods ?? new Map<string, number>();
    const granted = [...(is.disruptedPods?.keys() ?? [])].filter((name) => !known.has(name));
    if (was === undefined || granted.length === 0) return;
    const isPaid = was.disruptionsAllowed - is.disruptionsAllowed === granted.length;
    if (was.disruptionsAllowed >= granted.length && isPaid) return;
    const counts = `${was.disruptionsAllowed} before, ${is.disruptionsAllowed} after`;
    this.violations.note("I54", `${granted.join()} was evicted with ${counts} allowed`);
  }

  private seeQuota(before: StoredObject | undefined, after: StoredObject | undefined): void {
    const was = before?.status as QuotaStatus | undefined;
    const is = after?.status as QuotaStatus | undefined;
    if (was === undefined || is === undefined || after === undefined) return;
    for (const [name, used] of is.used) {
      const hard = is.hard.get(name);
      const usedBefore = was.used.get(name);
      if (hard === undefined || used.compare(hard) <= 0) continue;
      if (usedBefore !== undefined && used.compare(usedBefore) <= 0) continue;
      const text = `quota ${after.name}: ${name} was charged to ${used}, its bound is ${hard}`;
      this.raised.set(after.namespace, { event: this.eventNumber(), text });
    }
  }
}
