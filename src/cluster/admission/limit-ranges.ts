// LimitRanger: default requests and limits of a namespace's containers, and the bounds they must keep.
//
// The defaults make a variant of the template, shared by all pods of the template in the namespace;
// the bounds are judged on the result. Several LimitRanges are taken in the order of their creation
// (upstream's order is undefined); the first to set a value wins. What a refusal says is upstream's text.

import { compareText } from "../../base/index.ts";
import type { LimitRangeItem, LimitRangeObject } from "../objects/policy-objects.ts";
import type { PersistentVolumeClaimObject } from "../objects/storage-objects.ts";
import type { PodTemplateRegistry } from "../pod-template-registry.ts";
import type { Container, ContainerResources, PodTemplate } from "../pod-template.ts";
import type { Quantity } from "../quantity/quantity.ts";
import type { QuantityMap } from "../quantity/resource-list.ts";
import { isExtendedResource, isHugePageResource } from "../quantity/resource-names.ts";
import type { ObjectStore } from "../state/object-store.ts";

/** Largest value that upstream compares in thousandths (int64 / 1000). */
const MILLI_VALUE_MAX = 9_223_372_036_854_775n;

type Json = Readonly<Record<string, unknown>>;

/** The LimitRanges of all namespaces, applied to pods and claims. */
export class LimitRanges {
  private readonly objects: ObjectStore;
  private readonly templates: PodTemplateRegistry;
  /** By namespace, then template; valid while the LimitRanges stay as they are. */
  private defaulted = new Map<string, Map<PodTemplate, PodTemplate>>();

  constructor(objects: ObjectStore, templates: PodTemplateRegistry) {
    this.objects = objects;
    this.templates = templates;
  }

  /** Called when a LimitRange came, changed or went. */
  forget(): void {
    this.defaulted = new Map();
  }

  /** True if pods of this namespace are limited at all. */
  appliesTo(namespace: string): boolean {
    return this.objects.count("LimitRange") > 0 && this.rangesOf(namespace).length > 0;
  }

  /** The template with the namespace's default requests and limits (mutating phase). */
  withDefaults(template: PodTemplate, namespace: string): PodTemplate {
    let known = this.defaulted.get(namespace);
    if (known === undefined) {
      known = new Map();
      this.defaulted.set(namespace, known);
    }
    let result = known.get(template);
    if (result === undefined) {
      result = this.defaultedAnew(template, this.rangesOf(namespace));
      known.set(template, result);
    }
    return result;
  }

  /** Why the pod breaks the namespace's bounds (validating phase), or undefined. */
  podProblem(template: PodTemplate, namespace: string): string | undefined {
    for (const range of this.rangesOf(namespace)) {
      const problems = range.items.flatMap((item) => podProblems(item, template));
      if (problems.length > 0) return joined(problems);
    }
    return undefined;
  }

  /** Why a claim breaks the namespace's bounds, or undefined. */
  claimProblem(claim: PersistentVolumeClaimObject): string | undefined {
    if (this.objects.count("LimitRange") === 0) return undefined;
    const requests: QuantityMap = new Map([["storage", claim.storage]]);
    for (const range of this.rangesOf(claim.meta.namespace)) {
      const items = range.items.filter(({ type }) => type === "PersistentVolumeClaim");
      const problems = items.flatMap((item) => [
        ...eachOf(item.min, (name, bound) => belowMin(item.type, name, bound, requests, NOTHING)),
        ...eachOf(item.max, (name, bound) => requestAboveMax(item.type, name, bound, requests)),
      ]);
      if (problems.length > 0) return joined(problems);
    }
    return undefined;
  }

  private rangesOf(namespace: string): readonly LimitRangeObject[] {
    const ranges: LimitRangeObject[] = [];
    this.objects.forEach("LimitRange", (stored) => {
      if (stored.namespace === namespace) ranges.push(stored.object);
    });
    return ranges;
  }

  private defaultedAnew(template: PodTemplate, ranges: readonly LimitRangeObject[]): PodTemplate {
    const limits = new Map<string, Quantity>();
    const requests = new Map<string, Quantity>();
    for (const { items } of ranges) {
      for (const item of items.filter(({ type }) => type === "Container")) {
        addMissing(limits, item.default);
        addMissing(requests, item.defaultRequest);
      }
    }
    const isCovered = ({ requests: own, limits: most }: ContainerResources): boolean =>
      hasAll(own, requests) && hasAll(most, limits);
    if ([...template.containers, ...template.initContainers].every(isCovered)) return template;
    const patched = (list: "containers" | "initContainers"): Json => {
      const source = template.source.spec[list];
      if (!Array.isArray(source)) return {};
      const items = source.map((item: Json, index) => {
        const own = template[list][index]!;
        const resources = {
          requests: plain(merged(own.requests, requests)),
          limits: plain(merged(own.limits, limits)),
        };
        return { ...item, resources };
      });
      return { [list]: items };
    };
    return this.templates.derive(template, {
      spec: { ...patched("containers"), ...patched("initContainers") },
    });
  }
}

/**
 * What validation says of requests above their limits after defaults were put in: the text after
 * `Pod "name" is invalid: `, or undefined.
 */
export function requestsAboveLimits(template: PodTemplate): string | undefined {
  const problems: string[] = [];
  const check = (list: string, containers: readonly Container[]): void => {
    containers.forEach(({ requests, limits }, index) => {
      for (const [name, request] of requests) {
        const limit = limits.get(name);
        const mustEqual = isExtendedResource(name) || isHugePageResource(name);
        if (limit === undefined || request.compare(limit) === 0) continue;
        if (!mustEqual && request.compare(limit) < 0) continue;
        const rule = mustEqual ? "equal to" : "less than or equal to";
        problems.push(
          `spec.${list}[${index}].resources.requests: Invalid value: "${request}": ` +
            `must be ${rule} ${name} limit of ${limit}`,
        );
      }
    });
  };
  check("containers", template.containers);
  check("initContainers", template.initContainers);
  return problems.length === 0 ? undefined : joined(problems);
}

/** Several problems as upstream prints them: each once, in brackets. */
function joined(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  return distinct.length === 1 ? distinct[0]! : `[${distinct.join(", ")}]`;
}

const NOTHING: QuantityMap = new Map();

function podProblems(item: LimitRangeItem, template: PodTemplate): readonly string[] {
  if (item.type === "Container") {
    const containers = [...template.containers, ...template.initContainers];
    return containers.flatMap(({ requests, limits }) => boundProblems(item, requests, limits));
  }
  if (item.type !== "Pod") return [];
  return boundProblems(item, template.requestQuantities, template.limitQuantities);
}

function boundProblems(
  { type, min, max, maxLimitRequestRatio }: LimitRangeItem,
  requests: QuantityMap,
  limits: QuantityMap,
): readonly string[] {
  return [
    ...eachOf(min, (name, bound) => belowMin(type, name, bound, requests, limits)),
    ...eachOf(max, (name, bound) => aboveMax(type, name, bound, requests, limits)),
    ...eachOf(maxLimitRequestRatio, (name, bound) =>
      aboveRatio(type, name, bound, requests, limits),
    ),
  ];
}

function eachOf(
  bounds: QuantityMap,
  check: (name: string, bound: Quantity) => string | undefined,
): readonly string[] {
  return [...bounds].flatMap(([name, bound]) => check(name, bound) ?? []);
}

function belowMin(
  type: string,
  name: string,
  bound: Quantity,
  requests: QuantityMap,
  limits: QuantityMap,
): string | undefined {
  const what = `minimum ${name} usage per ${type} is ${bound}`;
  const request = requests.get(name);
  const limit = limits.get(name);
  if (request === undefined) return `${what}.  No request is specified`;
  if (request.compare(bound) < 0) return `${what}, but request is ${request}`;
  if (limit !== undefined && limit.compare(bound) < 0) return `${what}, but limit is ${limit}`;
  return undefined;
}

function aboveMax(
  type: string,
  name: string,
  bound: Quantity,
  requests: QuantityMap,
  limits: QuantityMap,
): string | undefined {
  const what = `maximum ${name} usage per ${type} is ${bound}`;
  const request = requests.get(name);
  const limit = limits.get(name);
  if (limit === undefined) return `${what}.  No limit is specified`;
  if (limit.compare(bound) > 0) return `${what}, but limit is ${limit}`;
  if (request !== undefined && request.compare(bound) > 0)
    return `${what}, but request is ${request}`;
  return undefined;
}

/** Claims have no limits: only the request is compared. */
function requestAboveMax(
  type: string,
  name: string,
  bound: Quantity,
  requests: QuantityMap,
): string | undefined {
  const what = `maximum ${name} usage per ${type} is ${bound}`;
  const request = requests.get(name);
  if (request === undefined) return `${what}.  No request is specified`;
  return request.compare(bound) > 0 ? `${what}, but request is ${request}` : undefined;
}

function aboveRatio(
  type: string,
  name: string,
  bound: Quantity,
  requests: QuantityMap,
  limits: QuantityMap,
): string | undefined {
  const what = `${name} max limit to request ratio per ${type} is ${bound}`;
  const request = requests.get(name);
  const limit = limits.get(name);
  if (request === undefined || request.sign === 0)
    return `${what}, but no request is specified or request is 0`;
  if (limit === undefined || limit.sign === 0)
    return `${what}, but no limit is specified or limit is 0`;
  const values = [request.value(), limit.value()];
  const isFine = values.every((value) => value <= MILLI_VALUE_MAX);
  const ratio = isFine
    ? Number(limit.milliValue()) / Number(request.milliValue())
    : Number(limit.value()) / Number(request.value());
  const isBoundFine = bound.value() <= MILLI_VALUE_MAX;
  const isAbove = isBoundFine
    ? ratio * 1_000 > Number(bound.milliValue())
    : ratio > Number(bound.value());
  return isAbove ? `${what}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

function addMissing(target: Map<string, Quantity>, more: QuantityMap): void {
  for (const [name, amount] of more) if (!target.has(name)) target.set(name, amount);
}

function merged(own: QuantityMap, defaults: QuantityMap): QuantityMap {
  const result = new Map(own);
  addMissing(result, defaults);
  return result;
}

function hasAll(own: QuantityMap, names: QuantityMap): boolean {
  for (const name of names.keys()) if (!own.has(name)) return false;
  return true;
}

/** Quantities as a manifest writes them, by name. */
function plain(amounts: QuantityMap): Readonly<Record<string, string>> {
  const pairs = [...amounts].map(([name, amount]): [string, string] => [name, `${amount}`]);
  return Object.fromEntries(pairs.sort(([a], [b]) => compareText(a, b)));
}
