// ResourceQuota admission: a new object is charged to the quotas of its namespace, or refused.
//
// What counts is each quota's status (spec and usage as the quota controller last wrote them): a
// quota that the controller has not seen yet bounds nothing. A charge is a write of the status,
// made before the object is stored; what ends gives back through the controller's recount only.

import { compareText } from "../../base/index.ts";
import type { PodTemplate } from "../pod-template.ts";
import { ZERO_QUANTITY } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import { refused } from "../state/api-result.ts";
import type { ApiRefusal } from "../state/api-result.ts";
import type { ObjectStore, StorableObject, StoredObject } from "../state/object-store.ts";
import type { Uid } from "../state/identity.ts";
import { objectUsage } from "./object-quota.ts";
import { podResourcesIn, podUsage, unstatedResources } from "./pod-quota.ts";
import { coversPod } from "./quota-usage.ts";

/** Status of a ResourceQuota: the bounds that hold and what is used of them. */
export interface ResourceQuotaStatus {
  readonly hard: QuantityMap;
  readonly used: QuantityMap;
}

type Quota = StoredObject<"ResourceQuota">;
type WriteStatus = (uid: Uid, status: ResourceQuotaStatus) => void;

/** A quota with the names it bounds of what is to be charged. */
interface Charge {
  readonly quota: Quota;
  readonly status: ResourceQuotaStatus;
  readonly names: readonly string[];
}

/** Charges creations to quotas. */
export class QuotaAdmission {
  private readonly objects: ObjectStore;
  private readonly writeStatus: WriteStatus;

  constructor(objects: ObjectStore, writeStatus: WriteStatus) {
    this.objects = objects;
    this.writeStatus = writeStatus;
  }

  /** Charges a pod that is about to be stored; `name` is for the refusal's text. */
  chargePod(namespace: string, template: PodTemplate, name: () => string): ApiRefusal | undefined {
    if (this.objects.count("ResourceQuota") === 0) return undefined;
    const charges: Charge[] = [];
    for (const { quota, status } of this.quotasOf(namespace)) {
      const names = podResourcesIn(status.hard.keys());
      if (names.length === 0 || !coversPod(quota.object, template)) continue;
      const unstated = unstatedResources(template, names);
      if (unstated !== undefined) {
        return forbidden("pods", name(), `failed quota: ${quota.name}: ${unstated}`);
      }
      charges.push({ quota, status, names });
    }
    return charges.length === 0
      ? undefined
      : this.charge(charges, podUsage(template), "pods", name());
  }

  /** Charges any other object. Quotas with scopes are about pods alone. */
  chargeObject(namespace: string, object: StorableObject, name: string): ApiRefusal | undefined {
    if (namespace === "" || this.objects.count("ResourceQuota") === 0) return undefined;
    const usage = objectUsage(object);
    if (usage.size === 0) return undefined;
    const charges: Charge[] = [];
    for (const { quota, status } of this.quotasOf(namespace)) {
      const names = [...status.hard.keys()].filter((bounded) => usage.has(bounded));
      if (names.length > 0 && quota.object.scopes.length === 0) {
        charges.push({ quota, status, names });
      }
    }
    if (charges.length === 0) return undefined;
    const resource = [...usage.keys()][0]!.slice("count/".length);
    return this.charge(charges, usage, resource, name);
  }

  /** Quotas of the namespace whose bounds are known, in order of creation. */
  private quotasOf(namespace: string): { quota: Quota; status: ResourceQuotaStatus }[] {
    const found: { quota: Quota; status: ResourceQuotaStatus }[] = [];
    this.objects.forEach("ResourceQuota", (quota) => {
      const status = quota.status as ResourceQuotaStatus | undefined;
      if (quota.namespace === namespace && status !== undefined) found.push({ quota, status });
    });
    return found;
  }

  private charge(
    charges: readonly Charge[],
    usage: QuantityMap,
    resource: string,
    name: string,
  ): ApiRefusal | undefined {
    const writes: { readonly uid: Uid; readonly status: ResourceQuotaStatus }[] = [];
    for (const { quota, status, names } of charges) {
      const unknown = names.filter((bounded) => !status.used.has(bounded)).sort(compareText);
      if (unknown.length > 0) {
        const what = `status unknown for quota: ${quota.name}, resources: ${unknown.join(",")}`;
        return forbidden(resource, name, what);
      }
      const requested = [...usage].filter(
        ([bounded, amount]) => amount.sign !== 0 && status.hard.has(bounded),
      );
      if (requested.length === 0) continue;
      const used = new Map(status.used);
      for (const [bounded, amount] of requested) {
        used.set(bounded, (used.get(bounded) ?? ZERO_QUANTITY).add(amount));
      }
      const exceeded = requested.filter(
        ([bounded]) => used.get(bounded)!.compare(status.hard.get(bounded)!) > 0,
      );
      if (exceeded.length > 0) {
        const listed = exceeded.map(([bounded]) => bounded).sort(compareText);
        const amounts = (map: QuantityMap): string =>
          listed.map((bounded) => `${bounded}=${map.get(bounded)}`).join(",");
        const text = `exceeded quota: ${quota.name}, requested: ${amounts(usage)}, used: ${amounts(status.used)}, limited: ${amounts(status.hard)}`;
        return forbidden(resource, name, text);
      }
      writes.push({ uid: quota.uid, status: { hard: status.hard, used } });
    }
    for (const { uid, status } of writes) this.writeStatus(uid, status);
    return undefined;
  }
}

function forbidden(resource: string, name: string, why: string): ApiRefusal {
  return refused("Forbidden", `${resource} "${name}" is forbidden: ${why}`);
}
