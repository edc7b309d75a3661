// In-place resize in terms of templates: what a pod asks for stands in its spec, what it was given in
// the part of its status that is kept with the template.
//
// Pure functions; who resizes and whether it fits is the business of users and kubelets.

import { isRecord } from "../objects/field-cursor.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { PodTemplate } from "../pod-template.ts";
import { isQuantityError, parseQuantity } from "../quantity/quantity-text.ts";

/** New amounts by resource name, as quantities; what is not named stays. */
export interface ResizeAmounts {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

const RESIZABLE = ["cpu", "memory"] as const;
const PENDING = "PodResizePending";

type Json = Readonly<Record<string, unknown>>;

/** True while some container has not been given the cpu or memory that its spec asks for. */
export function isResizing({ source, containers }: PodTemplate): boolean {
  if (source.status === undefined) return false;
  return reportsOf(source.status).some((report) => {
    const container = containers.find(({ name }) => name === report["name"]);
    const given = isRecord(report["allocatedResources"]) ? report["allocatedResources"] : undefined;
    if (container === undefined || given === undefined) return false;
    return RESIZABLE.some((resource) => {
      const asked = container.requests.get(resource)?.milliValue() ?? 0n;
      return asked !== milliOf(given[resource]);
    });
  });
}

/**
 * The pod after `kubectl patch --subresource resize` of one container. A pod that is bound keeps what
 * it has until its kubelet gives it more; undefined if there is no such container.
 */
export function resized(
  registry: PodTemplateRegistry,
  template: PodTemplate,
  containerName: string | undefined,
  amounts: ResizeAmounts,
  isBound: boolean,
): PodTemplate | undefined {
  const { spec, status } = template.source;
  const given = (spec["containers"] as readonly Json[]).filter(isRecord);
  const isMeant = ({ name }: Json): boolean =>
    containerName === undefined || name === containerName;
  if (!given.some(isMeant)) return undefined;
  const containers = given.map((item) =>
    isMeant(item) ? { ...item, resources: merged(item["resources"], amounts) } : item,
  );
  const known = status === undefined ? [] : reportsOf(status);
  const reports = template.containers.map(({ name }, index) => {
    const report = known.find((each) => each["name"] === name);
    if (report !== undefined) return report;
    const resources = isRecord(given[index]?.["resources"]) ? given[index]["resources"] : {};
    const allocatedResources = isRecord(resources["requests"]) ? resources["requests"] : {};
    return { name, resources, allocatedResources };
  });
  const { containerStatuses: _, ...rest } = status ?? {};
  const shown = isBound ? { ...rest, containerStatuses: reports } : undefined;
  return registry.derive(template, { spec: { containers }, status: shown });
}

/** The pod once it has what it asks for. */
export function resizeDone(registry: PodTemplateRegistry, template: PodTemplate): PodTemplate {
  return registry.derive(template, { status: undefined });
}

/** The pod while what it asks for does not fit. */
export function resizeDeferred(registry: PodTemplateRegistry, template: PodTemplate): PodTemplate {
  const conditions = [{ type: PENDING, reason: "Deferred" }];
  return registry.derive(template, { status: { ...template.source.status, conditions } });
}

/** Why a resize waits: the reason of the condition PodResizePending; undefined if there is none. */
export function resizePendingReason({ source }: PodTemplate): string | undefined {
  const conditions = source.status?.["conditions"];
  if (!Array.isArray(conditions)) return undefined;
  const found: unknown = conditions.find((each) => isRecord(each) && each["type"] === PENDING);
  const reason = isRecord(found) ? found["reason"] : undefined;
  return typeof reason === "string" ? reason : undefined;
}

function reportsOf(status: Json): Json[] {
  const list = status["containerStatuses"];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function merged(resources: unknown, { requests, limits }: ResizeAmounts): Json {
  const before = isRecord(resources) ? resources : {};
  const over = (key: string, changes: Json): Json => {
    const old = isRecord(before[key]) ? before[key] : {};
    const all = { ...old, ...changes };
    return Object.keys(all).length === 0 ? {} : { [key]: all };
  };
  return { ...before, ...over("requests", requests), ...over("limits", limits) };
}

function milliOf(amount: unknown): bigint {
  const quantity =
    typeof amount === "string" ? parseQuantity(amount) : parseQuantity(`${amount ?? 0}`);
  return isQuantityError(quantity) ? 0n : quantity.milliValue();
}
