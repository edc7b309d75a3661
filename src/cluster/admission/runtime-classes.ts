// RuntimeClass admission: a pod that names a class gets its overhead, node selector and tolerations.
//
// A class that does not exist, another overhead than the class's, or a node selector that contradicts
// it refuses the pod. What a runtime costs beyond its overhead is not modelled.

import type { RuntimeClassObject } from "../objects/policy-objects.ts";
import type { PodTemplate } from "../pod-template.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import type { Toleration } from "../selectors/taints.ts";
import type { ObjectStore } from "../state/object-store.ts";

/** Fields of spec that a class adds or replaces; undefined where it changes nothing. */
export type RuntimeClassFields = Readonly<Record<string, unknown>>;

/** Why a pod's class refuses it, or undefined. */
export function runtimeClassProblem(
  template: PodTemplate,
  objects: ObjectStore,
): string | undefined {
  const name = template.runtimeClassName;
  if (name === "") return undefined;
  const found = objects.find("RuntimeClass", "", name)?.object;
  if (found === undefined) return `pod rejected: RuntimeClass "${name}" not found`;
  const { overhead, nodeSelector } = found;
  if (overhead.size === 0 && template.overhead.size > 0) {
    return "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead";
  }
  if (template.overhead.size > 0 && !isSame(template.overhead, overhead)) {
    return "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
  }
  for (const [key, value] of nodeSelector ?? []) {
    const own = template.nodeSelector?.get(key);
    if (own === undefined || own === value) continue;
    return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`;
  }
  return undefined;
}

/** What the class of a template puts into its pods; empty without a class. */
export function runtimeClassFields(
  template: PodTemplate,
  objects: ObjectStore,
): RuntimeClassFields {
  const found =
    template.runtimeClassName === ""
      ? undefined
      : objects.find("RuntimeClass", "", template.runtimeClassName)?.object;
  if (found === undefined) return {};
  return { ...overheadOf(found), ...nodeSelectorOf(found, template) };
}

/** The class's tolerations that the pod does not have, as source values. */
export function runtimeClassTolerations(
  template: PodTemplate,
  objects: ObjectStore,
): readonly object[] {
  const name = template.runtimeClassName;
  const found = name === "" ? undefined : objects.find("RuntimeClass", "", name)?.object;
  return (found?.tolerations ?? [])
    .filter((one) => !template.tolerations.some((own) => isSameToleration(own, one)))
    .map(sourceOf);
}

function overheadOf({ overhead }: RuntimeClassObject): RuntimeClassFields {
  if (overhead.size === 0) return {};
  const amounts = [...overhead].map(([name, amount]): [string, string] => [name, `${amount}`]);
  return { overhead: Object.fromEntries(amounts) };
}

function nodeSelectorOf(
  { nodeSelector }: RuntimeClassObject,
  template: PodTemplate,
): RuntimeClassFields {
  if (nodeSelector === undefined || nodeSelector.size === 0) return {};
  const merged = new Map([...(template.nodeSelector ?? []), ...nodeSelector]);
  return { nodeSelector: Object.fromEntries(merged) };
}

function isSame(a: QuantityMap, b: QuantityMap): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([name, amount]) => b.get(name)?.compare(amount) === 0);
}

function isSameToleration(a: Toleration, b: Toleration): boolean {
  return (
    a.key === b.key &&
    a.operator === b.operator &&
    a.value === b.value &&
    a.effect === b.effect &&
    a.tolerationSeconds === b.tolerationSeconds
  );
}

function sourceOf({ key, operator, value, effect, tolerationSeconds }: Toleration): object {
  return {
    ...(key === "" ? {} : { key }),
    ...(operator === "" ? {} : { operator }),
    ...(value === "" ? {} : { value }),
    ...(effect === "" ? {} : { effect }),
    ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
  };
}
