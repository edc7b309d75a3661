// Kinds of resource names: which ones the scheduler counts, and which may carry fractions.
//
// Kubernetes classifies resources by the form of their name alone; this file holds those rules (Q7)
// and nothing about amounts.

import { qualifiedNameProblem } from "../selectors/qualified-name.ts";

/** Contains "/", is not of the kubernetes.io family, is no quota name, and is a valid qualified name. */
export function isExtendedResource(name: string): boolean {
  if (!name.includes("/") || name.includes("kubernetes.io/")) return false;
  if (name.startsWith("requests.")) return false;
  return qualifiedNameProblem(`requests.${name}`) === undefined;
}

/** A huge page size, such as hugepages-2Mi. */
export function isHugePageResource(name: string): boolean {
  return name.startsWith("hugepages-");
}

/** A resource the scheduler keeps in its table of scalars (Q7). */
export function isScalarResource(name: string): boolean {
  return (
    isHugePageResource(name) ||
    name.startsWith("attachable-volumes-") ||
    (name.includes("/") && name.includes("kubernetes.io/")) ||
    isExtendedResource(name)
  );
}

/** A resource that may be requested for a whole pod (spec.resources). */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || isHugePageResource(name);
}

/** True when amounts of the resource must be whole numbers by API validation. */
export function isIntegerResource(name: string): boolean {
  return isExtendedResource(name) || name === "pods";
}
