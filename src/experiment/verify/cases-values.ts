// Recorded cases about values: quantities, selectors, pod requests, node affinity.
//
// Each evaluator runs the same code a simulation runs, on input that bypassed the API server: no
// defaults are applied and rules are not checked, as when the cases were recorded.

import {
  compileNodeRequirement,
  compileNodeSelector,
  createRequirement,
  DecodeSink,
  decodeRequestingPod,
  FieldCursor,
  formatRequirements,
  isQuantityError,
  type Labels,
  labelsOf,
  matchesRequiredNodeAffinity,
  type NodeSelector,
  parseLabelSelector,
  parseQuantity,
  podLimits,
  podRequests,
  type Quantity,
  type QuantityMap,
  type Requirement,
  requirementProblem,
  SELECT_NOTHING,
  type SelectableNode,
  type SelectionOperator,
} from "../../cluster/index.ts";
import type { CaseKinds, CaseOutcome, Difference, RecordedCase } from "./case-format.ts";

type Json = Readonly<Record<string, unknown>>;

/** The checks by kind. */
export const valueCaseKinds: CaseKinds = new Map([
  ["quantity-parse", evaluateQuantity],
  ["label-selector-parse", evaluateSelectorParse],
  ["label-selector-match", evaluateSelectorMatch],
  ["label-requirement", evaluateRequirement],
  ["PodRequests", (recorded) => evaluateAmounts(recorded, podRequests)],
  ["PodLimits", (recorded) => evaluateAmounts(recorded, podLimits)],
  ["NodeSelectorMatch", evaluateNodeSelector],
  ["MatchNodeSelectorTerms", evaluateLazyNodeSelector],
  ["RequiredNodeAffinityMatch", evaluateRequiredAffinity],
  ["NodeSelectorRequirementsAsSelector", evaluateRequirements],
]);

/** Compares the fields that `expect` holds with what came out. */
function compare(recorded: RecordedCase, got: Json): CaseOutcome {
  const expected = recordOf(recorded["expect"]);
  const differences: Difference[] = [];
  for (const what of Object.keys(expected)) {
    const wanted = printed(expected[what]);
    const found = printed(got[what]);
    if (wanted === found) continue;
    // Errors agree when both sides have one; only quantities have fixed texts.
    const isError = what === "error" && recorded["kind"] !== "quantity-parse";
    if (isError && (expected[what] === undefined) === (got[what] === undefined)) continue;
    differences.push({ case: nameOf(recorded), what, expected: wanted, got: found });
  }
  if (!Object.hasOwn(expected, "error") && got["error"] !== undefined) {
    const found = printed(got["error"]);
    differences.push({ case: nameOf(recorded), what: "error", expected: "none", got: found });
  }
  return { kind: "checked", differences };
}

function nameOf(recorded: RecordedCase): string {
  return String(recorded["name"] ?? "");
}

/** `name` says what is not modelled. */
function unsupported(name: string): CaseOutcome {
  return { kind: "unsupported", names: [name] };
}

function printed(value: unknown): string {
  if (value === undefined) return "nothing";
  // A float that is a large integer is written, and so read, as one.
  if (typeof value === "bigint") return JSON.stringify(Number(value));
  return typeof value === "string" ? value : JSON.stringify(value);
}

function evaluateQuantity(recorded: RecordedCase): CaseOutcome {
  const parsed = parseQuantity(String(recorded["input"]));
  if (isQuantityError(parsed)) return compare(recorded, { error: parsed.error });
  const wanted = recordOf(recorded["expect"])["canonical"];
  const asInt64 = parsed.asInt64();
  return compare(recorded, {
    // The canonical form, or the source text where that is kept: both are recorded.
    canonical: wanted === parsed.toString() ? wanted : parsed.canonical(),
    format: parsed.format,
    sign: parsed.sign,
    asInt64: asInt64 === undefined ? undefined : asLike(recorded, "asInt64", asInt64),
    value: asLike(recorded, "value", parsed.value()),
    milliValue: asLike(recorded, "milliValue", parsed.milliValue()),
    approxFloat64: parsed.approxFloat64(),
  });
}

/** Integers are recorded as decimal text; a number is understood too. */
function asLike(recorded: RecordedCase, field: string, value: bigint): string | number {
  const wanted = recordOf(recorded["expect"])[field];
  return typeof wanted === "number" ? Number(value) : String(value);
}

function evaluateSelectorParse(recorded: RecordedCase): CaseOutcome {
  const parsed = parseLabelSelector(String(recorded["input"]));
  if (parsed.error !== undefined) return compare(recorded, { error: parsed.error });
  return compare(recorded, "canonical" in parsed ? { selector: parsed.canonical() } : {});
}

function evaluateSelectorMatch(recorded: RecordedCase): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const text = String(input["selector"] ?? "");
  const parsed = parseLabelSelector(text);
  if (!("matches" in parsed)) return compare(recorded, { error: parsed.error });
  // The selectors of everything and of nothing are both written "": only the answer tells them apart.
  const isOfNothing = text === "" && recordOf(recorded["expect"])["match"] === false;
  const selector = isOfNothing ? SELECT_NOTHING : parsed;
  return compare(recorded, { match: selector.matches(labelsOfJson(input["labels"])) });
}

function evaluateRequirement(recorded: RecordedCase): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const key = String(input["key"] ?? "");
  const operator = String(input["operator"] ?? "");
  const values = listOf(input["values"]).map(String);
  const error = requirementProblem(key, operator, values);
  if (error !== undefined) return compare(recorded, { error });
  const requirement = createRequirement(key, operator as SelectionOperator, values);
  return compare(recorded, { selector: formatRequirements([requirement]) });
}

function evaluateAmounts(recorded: RecordedCase, formula: typeof podRequests): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const options = recordOf(input["options"]);
  const pod = recordOf(input["pod"]);
  const unknown = Object.keys(options).filter((name) => !KNOWN_OPTIONS.has(name));
  if (unknown.length > 0)
    return unsupported(`${String(recorded["kind"])}: option ${unknown.join(", ")}`);
  const hasClaims = Object.hasOwn(recordOf(pod["status"]), "nodeAllocatableResourceClaimStatuses");
  if (hasClaims && options["UseDRANodeAllocatableResourceClaimStatus"] === true) {
    return { kind: "outside", gates: ["DRANodeAllocatableResources"] };
  }
  const requesting = decodeRequestingPod(cursorOf(pod));
  const isPodResized = options["InPlacePodLevelResourcesVerticalScalingEnabled"] === true;
  // The formula of limits does not know this option.
  const isWithoutContainers =
    options["SkipContainerLevelResources"] === true && recorded["kind"] === "PodRequests";
  const asked = {
    ...requesting,
    ...(!isPodResized && { reportedPodLevel: undefined }),
    ...(isWithoutContainers && { containers: [], initContainers: [] }),
  };
  const result = formula(asked, {
    useStatus: options["UseStatusResources"] === true,
    skipPodLevel: options["SkipPodLevelResources"] === true,
    excludeOverhead: options["ExcludeOverhead"] === true,
    nonMissing: quantitiesOf(options["NonMissingContainerRequests"]),
  });
  return compareAmounts(recorded, result);
}

const KNOWN_OPTIONS: ReadonlySet<string> = new Set([
  "UseStatusResources",
  "SkipPodLevelResources",
  "SkipContainerLevelResources",
  "ExcludeOverhead",
  "NonMissingContainerRequests",
  "InPlacePodLevelResourcesVerticalScalingEnabled",
  "UseDRANodeAllocatableResourceClaimStatus",
]);

function compareAmounts(recorded: RecordedCase, got: QuantityMap): CaseOutcome {
  const expected = recordOf(recordOf(recorded["expect"])["result"]);
  const differences: Difference[] = [];
  for (const name of new Set([...Object.keys(expected), ...got.keys()])) {
    const wanted = Object.hasOwn(expected, name) ? quantityOfJson(expected[name]) : undefined;
    const found = got.get(name);
    if (wanted !== undefined && found !== undefined && wanted.compare(found) === 0) continue;
    differences.push({
      case: nameOf(recorded),
      what: `result.${name}`,
      expected: wanted === undefined ? "nothing" : wanted.toString(),
      got: found === undefined ? "nothing" : found.toString(),
    });
  }
  return { kind: "checked", differences };
}

/** The eager form: an error of any term is an error of the whole. */
function evaluateNodeSelector(recorded: RecordedCase): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const selector = compileNodeSelector(input["nodeSelector"]);
  const error = selector?.errors[0];
  if (error !== undefined) return compare(recorded, { error });
  return compare(recorded, { match: matches(selector, nodeOf(input["node"])) });
}

/** The lazy form: an error counts only when no other term matches. */
function evaluateLazyNodeSelector(recorded: RecordedCase): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const selector = compileNodeSelector(input["nodeSelector"]);
  const node = nodeOf(input["node"]);
  if (node === undefined) return compare(recorded, { match: false });
  return compareLazily(recorded, matches(selector, node), selector);
}

function evaluateRequiredAffinity(recorded: RecordedCase): CaseOutcome {
  const input = recordOf(recorded["input"]);
  const spec = recordOf(recordOf(input["pod"])["spec"]);
  const affinity = recordOf(recordOf(spec["affinity"])["nodeAffinity"]);
  const selector = compileNodeSelector(affinity["requiredDuringSchedulingIgnoredDuringExecution"]);
  const nodeSelector =
    spec["nodeSelector"] === undefined ? undefined : labelsOfJson(spec["nodeSelector"]);
  const node = nodeOf(input["node"]);
  const match = node !== undefined && matchesRequiredNodeAffinity({ nodeSelector, selector }, node);
  const isLabelMismatch =
    node === undefined || !matchesRequiredNodeAffinity({ nodeSelector, selector: undefined }, node);
  return isLabelMismatch ? compare(recorded, { match }) : compareLazily(recorded, match, selector);
}

function compareLazily(
  recorded: RecordedCase,
  match: boolean,
  selector: NodeSelector | undefined,
): CaseOutcome {
  const error = match ? undefined : selector?.errors[0];
  return compare(recorded, error === undefined ? { match } : { match, error });
}

function evaluateRequirements(recorded: RecordedCase): CaseOutcome {
  const requirements: Requirement[] = [];
  for (const item of listOf(recordOf(recorded["input"])["requirements"])) {
    const compiled = compileNodeRequirement(item);
    if (typeof compiled === "string") return compare(recorded, { error: compiled });
    requirements.push(compiled);
  }
  return compare(recorded, { selector: formatRequirements(requirements) });
}

function matches(selector: NodeSelector | undefined, node: SelectableNode | undefined): boolean {
  return selector !== undefined && node !== undefined && selector.matches(node);
}

function nodeOf(json: unknown): SelectableNode | undefined {
  if (json === undefined || json === null) return undefined;
  const metadata = recordOf(recordOf(json)["metadata"]);
  return { name: String(metadata["name"] ?? ""), labels: labelsOfJson(metadata["labels"]) };
}

function labelsOfJson(json: unknown): Labels {
  return labelsOf(Object.entries(recordOf(json)).map(([key, value]) => [key, String(value)]));
}

function quantityOfJson(json: unknown): Quantity | undefined {
  const parsed = parseQuantity(String(json));
  return isQuantityError(parsed) ? undefined : parsed;
}

function quantitiesOf(json: unknown): QuantityMap {
  return cursorOf({ amounts: json ?? {} }).quantities("amounts");
}

/** Reads as the helper functions of Kubernetes do: no defaults, no rules, 64-bit amounts. */
function cursorOf(source: Json): FieldCursor {
  const sink = new DecodeSink({ defaulting: false, validate: false, int64: true });
  return new FieldCursor(source, [], sink);
}

function recordOf(json: unknown): Json {
  return typeof json === "object" && json !== null ? (json as Json) : {};
}

function listOf(json: unknown): readonly unknown[] {
  return Array.isArray(json) ? json : [];
}
