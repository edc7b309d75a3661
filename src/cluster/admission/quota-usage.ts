// The usage of a ResourceQuota counted anew: from the pods of its namespace, grouped by template, and
// from the other objects there.
//
// A pod counts until its phase is finished, or until it has been terminating for twice its grace; a
// pod that has ended counts for `count/pods` alone.

import type { ResourceQuotaObject } from "../objects/policy-objects.ts";
import type { PodTemplate } from "../pod-template.ts";
import { Quantity, quantityOf, ZERO_QUANTITY } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import type { ObjectStore } from "../state/object-store.ts";
import { COUNTED_KINDS, objectUsage } from "./object-quota.ts";
import { ENDED_POD_USAGE, isInScope, podResourcesIn, podUsage } from "./pod-quota.ts";

/** Pods of one namespace, as a quota counts them. */
export interface CountedPods {
  /** How many pods of each template have not ended. */
  readonly byTemplate: ReadonlyMap<PodTemplate, number>;
  /** How many pods of each template have ended and still exist. */
  readonly ended: ReadonlyMap<PodTemplate, number>;
}

/** What is used of each name that the quota bounds; names that nothing uses are 0. */
export function quotaUsage(
  quota: ResourceQuotaObject,
  pods: CountedPods,
  objects: ObjectStore,
): QuantityMap {
  const used = new Map<string, Quantity>();
  for (const name of quota.hard.keys()) used.set(name, ZERO_QUANTITY);
  if (podResourcesIn(quota.hard.keys()).length > 0) {
    for (const [template, count] of pods.byTemplate) {
      if (coversPod(quota, template)) addUsage(used, podUsage(template), count);
    }
    for (const [template, count] of pods.ended) {
      if (coversPod(quota, template)) addUsage(used, ENDED_POD_USAGE, count);
    }
  }
  if (quota.scopes.length === 0) addObjects(used, quota, objects);
  return used;
}

/** True if the quota's scopes take in pods of this template. */
export function coversPod(quota: ResourceQuotaObject, template: PodTemplate): boolean {
  return quota.scopes.every((scope) => isInScope(template, scope));
}

function addObjects(
  used: Map<string, Quantity>,
  quota: ResourceQuotaObject,
  objects: ObjectStore,
): void {
  const { namespace } = quota.meta;
  for (const kind of COUNTED_KINDS) {
    if (objects.count(kind) === 0) continue;
    objects.forEach(kind, (stored) => {
      if (stored.namespace === namespace) addUsage(used, objectUsage(stored.object), 1);
    });
  }
}

/** Adds an amount so many times, of the names that are there already. */
function addUsage(used: Map<string, Quantity>, usage: QuantityMap, count: number): void {
  for (const [name, amount] of usage) {
    const sum = used.get(name);
    if (sum !== undefined && amount.sign !== 0) used.set(name, sum.add(times(amount, count)));
  }
}

function times(amount: Quantity, count: number): Quantity {
  if (count === 1) return amount;
  if (amount.unscaled === 1n && amount.scale === 0) return quantityOf(count, amount.format);
  const product = amount.unscaled * BigInt(count);
  return new Quantity(product, amount.scale, amount.isBig, amount.format);
}
