// What a pod means to a ResourceQuota: what it uses, which scopes it falls into, what it must state.
//
// Usage is that of a pod that has not ended; `count/pods` alone counts ended ones too. All of it
// depends on the template only, so that a recount adds up templates, not pods' texts.

import { compareText } from "../../base/index.ts";
import type { QuotaScope } from "../objects/policy-objects.ts";
import type { AffinityTerm, Container, PodTemplate } from "../pod-template.ts";
import { quantityOf, type Quantity } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import { isExtendedResource, isHugePageResource } from "../quantity/resource-names.ts";

const ONE: Quantity = quantityOf(1);
/** A pod that has ended still exists. */
export const ENDED_POD_USAGE: QuantityMap = new Map([["count/pods", ONE]]);

const POD_RESOURCES: ReadonlySet<string> = new Set([
  "count/pods",
  "pods",
  ...["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
    name,
    `requests.${name}`,
    `limits.${name}`,
  ]),
]);

/** Every container must state these when a quota bounds them. */
const MUST_BE_STATED: ReadonlySet<string> = new Set(
  ["cpu", "memory"].flatMap((name) => [name, `requests.${name}`, `limits.${name}`]),
);

/** Of a quota's resource names, those that pods use up. */
export function podResourcesIn(names: Iterable<string>): readonly string[] {
  return [...names].filter(
    (name) =>
      POD_RESOURCES.has(name) ||
      isHugePageResource(name) ||
      name.startsWith("requests.hugepages-") ||
      (name.startsWith("requests.") && name.includes("/") && !name.includes("kubernetes.io/")),
  );
}

/** What a pod of this template uses while it has not ended, by the quota's names. */
export function podUsage(template: PodTemplate): QuantityMap {
  const usage = statedUsage(template.requestQuantities, template.limitQuantities);
  usage.set("count/pods", ONE);
  usage.set("pods", ONE);
  return usage;
}

function statedUsage(requests: QuantityMap, limits: QuantityMap): Map<string, Quantity> {
  const usage = new Map<string, Quantity>();
  for (const name of ["cpu", "memory", "ephemeral-storage"]) {
    const request = requests.get(name);
    const limit = limits.get(name);
    if (request !== undefined) usage.set(name, request).set(`requests.${name}`, request);
    if (limit !== undefined) usage.set(`limits.${name}`, limit);
  }
  for (const [name, request] of requests) {
    if (isHugePageResource(name)) usage.set(name, request).set(`requests.${name}`, request);
    else if (isExtendedResource(name)) usage.set(`requests.${name}`, request);
  }
  return usage;
}

/** Which of the bounded resources some container does not state, as upstream says it; or undefined. */
export function unstatedResources(
  template: PodTemplate,
  bounded: readonly string[],
): string | undefined {
  const required = bounded.filter((name) => MUST_BE_STATED.has(name)).sort(compareText);
  const missing = required.flatMap((name) => {
    const lacking = [...template.containers, ...template.initContainers].filter(
      (container) => !states(container, name),
    );
    const names = lacking.map((container) => container.name).sort(compareText);
    return names.length === 0 ? [] : `${name} for: ${names.join(",")}`;
  });
  return missing.length === 0 ? undefined : `must specify ${missing.join("; ")}`;
}

function states({ requests, limits }: Container, name: string): boolean {
  const [kind, resource] = name.includes(".") ? name.split(".") : ["requests", name];
  return (kind === "limits" ? limits : requests).has(resource ?? "");
}

/** True if the pod falls into the scope of a quota. */
export function isInScope(template: PodTemplate, scope: QuotaScope): boolean {
  switch (scope.scopeName) {
    case "Terminating":
      return template.activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return template.activeDeadlineSeconds === undefined;
    case "BestEffort":
      return template.qosClass === "BestEffort";
    case "NotBestEffort":
      return template.qosClass !== "BestEffort";
    case "PriorityClass":
      return isOfClass(template.priorityClassName, scope);
    case "CrossNamespacePodAffinity":
      return termsOf(template).some((term) => !term.isOwnNamespace);
    default:
      return false;
  }
}

function isOfClass(className: string, { operator, values }: QuotaScope): boolean {
  switch (operator) {
    case "Exists":
      return className !== "";
    case "DoesNotExist":
      return className === "";
    case "In":
      return className !== "" && values.includes(className);
    case "NotIn":
      return !values.includes(className);
  }
}

function termsOf({ podAffinity, podAntiAffinity }: PodTemplate): readonly AffinityTerm[] {
  return [podAffinity, podAntiAffinity].flatMap(({ required, preferred }) => [
    ...required,
    ...preferred.map(({ term }) => term),
  ]);
}
