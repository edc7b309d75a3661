// Arguments of the two resource plugins: reading, defaults and upstream's validation.
//
// Faults are noted in the decoder with the path below the arguments; weight 0 or none becomes 1.

import type { Decoder } from "../../base/index.ts";
import { qualifiedNameProblem } from "../../cluster/index.ts";
import type { BalancedAllocationArguments } from "./node-resources-balanced-allocation.ts";
import type { NodeResourcesFitArguments } from "./node-resources-fit.ts";
import type { ScoredResource } from "./resource-share.ts";
import type { ShapePoint, StrategyKind } from "./scoring-strategy.ts";

/** cpu and memory, equally. */
const DEFAULT_RESOURCES: readonly ScoredResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];
const STRATEGIES = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] as const;
/** Scores of a shape go from 0 to 10 and are scaled to 0 to 100. */
const SHAPE_SCORE_MAX = 10;

/** NodeResourcesFitArgs; the defaults where nothing is given. */
export function readFitArguments(source: Decoder): NodeResourcesFitArguments {
  if (source.isPresent) {
    source.object([
      "apiVersion",
      "kind",
      "ignoredResources",
      "ignoredResourceGroups",
      "scoringStrategy",
    ]);
  }
  const strategy = source.optional("scoringStrategy");
  strategy?.object(["type", "resources", "requestedToCapacityRatio"]);
  const kind = strategy?.optional("type")?.oneOf(STRATEGIES) ?? "LeastAllocated";
  return {
    strategy: kind,
    resources: readResources(strategy?.optional("resources"), (weight, name, at) => {
      if (weight >= 1 && weight <= 100) return;
      at.fail(
        "E_RANGE",
        `Invalid value: ${weight}: resource weight of ${name} not in valid range (0, 100]`,
      );
    }),
    shape: readShape(kind, strategy),
    ignoredResources: readNames(source.optional("ignoredResources"), qualifiedNameProblem),
    ignoredResourceGroups: readNames(source.optional("ignoredResourceGroups"), groupProblem),
  };
}

/** NodeResourcesBalancedAllocationArgs; weights have no meaning and must be 1. */
export function readBalancedArguments(source: Decoder): BalancedAllocationArguments {
  if (source.isPresent) source.object(["apiVersion", "kind", "resources"]);
  const resources = readResources(source.optional("resources"), (weight, _name, at) => {
    if (weight !== 1) at.fail("E_RANGE", `Invalid value: ${weight}: must be 1`);
  });
  return { resources };
}

function readResources(
  source: Decoder | undefined,
  checkWeight: (weight: number, name: string, at: Decoder) => void,
): readonly ScoredResource[] {
  const entries = source?.array() ?? [];
  if (entries.length === 0) return DEFAULT_RESOURCES;
  const resources: ScoredResource[] = [];
  for (const entry of entries) {
    entry.object(["name", "weight"]);
    const name = entry.required("name")?.text() ?? "";
    const given = entry.optional("weight")?.integer();
    const weight = given === undefined || given === 0 ? 1 : given;
    checkWeight(weight, name, entry.at("weight"));
    if (resources.some((other) => other.name === name)) {
      entry.at("name").fail("E_DUPLICATE", `resource ${name} is listed twice`);
    }
    resources.push({ name, weight });
  }
  return resources;
}

function readShape(kind: StrategyKind, strategy: Decoder | undefined): readonly ShapePoint[] {
  if (kind !== "RequestedToCapacityRatio" || strategy === undefined) return [];
  const ratio = strategy.at("requestedToCapacityRatio");
  const entries = ratio.at("shape").isPresent ? (ratio.at("shape").array() ?? []) : [];
  if (entries.length === 0) {
    ratio
      .at("shape")
      .fail("E_MISSING_FIELD", "Required value: at least one point must be specified");
    return [];
  }
  const points: ShapePoint[] = [];
  for (const entry of entries) {
    entry.object(["utilization", "score"]);
    const utilization = entry.optional("utilization")?.integer(0, 100) ?? 0;
    const score = entry.optional("score")?.integer(0, SHAPE_SCORE_MAX) ?? 0;
    const previous = points[points.length - 1];
    if (previous !== undefined && previous.utilization >= utilization) {
      entry
        .at("utilization")
        .fail(
          "E_RANGE",
          `Invalid value: ${utilization}: utilization values must be sorted in increasing order`,
        );
    }
    points.push({ utilization, score: score * (100 / SHAPE_SCORE_MAX) });
  }
  return points;
}

function readNames(
  source: Decoder | undefined,
  problemOf: (name: string) => string | undefined,
): ReadonlySet<string> {
  const names = new Set<string>();
  for (const entry of source?.array() ?? []) {
    const name = entry.text();
    if (name === undefined) continue;
    const problem = problemOf(name);
    if (problem !== undefined) entry.fail("E_VALUE", `Invalid value: "${name}": ${problem}`);
    names.add(name);
  }
  return names;
}

function groupProblem(name: string): string | undefined {
  if (name.includes("/")) return "resource group name can't contain '/'";
  return qualifiedNameProblem(name);
}
