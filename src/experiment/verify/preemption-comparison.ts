// Comparison of what PostFilter said with the recorded `preemption` part, and of the whole message.
//
// Candidates with their victims, the verdicts on all other nodes that were tried, the nodes that no
// rule tells apart, and the nomination. Where the real scheduler looked at a random part of the
// nodes only, the set of nodes it may end with is worked out from all candidates.

import { compareText } from "../../base/index.ts";
import {
  candidatesWanted,
  cheapestCandidates,
  Code,
  type CycleState,
  type Decision,
  DefaultPreemption,
  formatCode,
  type NodeStatuses,
  potentialNodes,
  type PodInfo,
  type PostFilterOutcome,
  type PreemptionCandidate,
  type PreemptionFindings,
  type Profile,
  type Status,
  statusMessage,
} from "../../scheduler/index.ts";
import { compareValues, type Difference } from "./case-format.ts";
import type { RecordedWorld } from "./recorded-world.ts";

/** The recorded answer of PostFilter; see the corpus' README. */
export interface ExpectedPreemption {
  readonly ran?: boolean;
  readonly code?: string;
  readonly plugin?: string;
  readonly message?: string;
  readonly nominated?: string | null;
  readonly candidates?: Readonly<Record<string, unknown>>;
  readonly rejected?: Readonly<Record<string, unknown>>;
  readonly acceptable?: readonly string[];
  /** The real scheduler tried a random part of the nodes; `acceptable` is what many runs gave. */
  readonly sampled?: boolean;
}

/** One failed cycle, up to and with PostFilter. */
export interface FailedCycle {
  readonly world: RecordedWorld;
  readonly profile: Profile;
  readonly state: CycleState;
  readonly decision: Decision;
  readonly postFilter: PostFilterOutcome | undefined;
}

/** Compares the whole message and every field of the `preemption` part. */
export function comparePreemption(
  out: Difference[],
  name: string,
  expect: { readonly message: string | null; readonly preemption: ExpectedPreemption | null },
  cycle: FailedCycle,
): void {
  const { world, postFilter } = cycle;
  compareValues(out, { case: name, what: "message" }, expect.message, fullMessage(cycle));
  const { preemption } = expect;
  const check = (what: string, expected: unknown, got: unknown): void =>
    compareValues(out, { case: name, what: `preemption.${what}` }, expected, got);
  check("ran", preemption?.ran === true, postFilter !== undefined);
  if (postFilter === undefined) return;
  check("code", preemption?.code, formatCode(postFilter.status.code));
  check("plugin", preemption?.plugin, nameOf(postFilter.status));
  check("message", preemption?.message, statusMessage(postFilter.status));
  const isSampled = preemption?.sampled === true;
  const findings = isSampled ? searchEverywhere(cycle) : postFilter.preemption;
  const candidates = findings?.candidates ?? [];
  check("candidates", preemption?.candidates ?? {}, shownCandidates(candidates));
  check("rejected", preemption?.rejected ?? {}, shownVerdicts(world, findings?.rejected));
  const acceptable = isSampled ? outcomesOfSampling(cycle, candidates) : namesOf(findings);
  check("acceptable", preemption?.acceptable ?? [], [...acceptable].sort(compareText));
  if (acceptable.length <= 1) check("nominated", preemption?.nominated, postFilter.nominate);
  else check("nominated", true, acceptable.includes(postFilter.nominate ?? ""));
}

/** Nobody is blamed for a success. */
function nameOf({ code, plugin }: Status): string | undefined {
  return code === Code.Success || plugin === "" ? undefined : plugin;
}

/** The FitError text with PostFilter's behind it, null when there is none. */
export function fullMessage({ decision, postFilter }: FailedCycle): string | null {
  const text = postFilter === undefined ? "" : statusMessage(postFilter.status);
  const message = text === "" ? decision.message : `${decision.message} ${text}`;
  return message === "" ? null : message;
}

function namesOf(findings: PreemptionFindings | undefined): string[] {
  return (findings?.acceptable ?? []).map(({ nodeName }) => nodeName);
}

function shownCandidates(candidates: readonly PreemptionCandidate[]): object {
  const shown = candidates.map(({ nodeName, victims, budgetViolations }) => [
    nodeName,
    { victims: victims.map(keyOf), pdbViolations: budgetViolations },
  ]);
  return Object.fromEntries(shown) as object;
}

function shownVerdicts(world: RecordedWorld, verdicts: NodeStatuses | undefined): object {
  const shown = [...(verdicts?.entries() ?? [])].map(([row, { code, plugin, reasons }]) => [
    world.cache.nodeName(row),
    { code: formatCode(code), reasons, ...(plugin !== "" && { plugin }) },
  ]);
  return Object.fromEntries(shown) as object;
}

function keyOf({ namespace, name }: PodInfo): string {
  return `${namespace}/${name}`;
}

function preemptionOf({ profile }: FailedCycle): DefaultPreemption | undefined {
  return profile.postFilterPlugins.find((plugin) => plugin instanceof DefaultPreemption);
}

/** The search over all potential nodes, whatever the limits say. */
export function searchEverywhere(cycle: FailedCycle): PreemptionFindings | undefined {
  const { world, profile, state, decision } = cycle;
  const nodes = potentialNodes(world.cache.nodeList, decision.statuses);
  return preemptionOf(cycle)?.search(state, decision.pod, profile, nodes, nodes.length);
}

/**
 * Every node that may win when the search stops early. The real one goes through a hash map: up to 8
 * nodes come in their order from anywhere on, more in any order.
 */
function outcomesOfSampling(
  cycle: FailedCycle,
  candidates: readonly PreemptionCandidate[],
): string[] {
  const limits = preemptionOf(cycle)?.limits;
  if (limits === undefined) return [];
  const nodes = potentialNodes(cycle.world.cache.nodeList, cycle.decision.statuses);
  const wanted = candidatesWanted(nodes.length, limits);
  const inOrder = nodes.flatMap((row) => candidates.filter((each) => each.row === row));
  const sets =
    nodes.length <= ORDERED_MAP_SIZE
      ? inOrder.map((_, at) => firstEnough([...inOrder.slice(at), ...inOrder.slice(0, at)], wanted))
      : stoppingSets(candidates, wanted);
  const names = new Set<string>();
  for (const met of sets) {
    for (const best of cheapestCandidates(met, 0)) names.add(best.nodeName);
  }
  return [...names];
}

/** Entries up to which a Go map is visited in order of insertion, cyclically from a random one. */
const ORDERED_MAP_SIZE = 8;

function isHarmless({ budgetViolations }: PreemptionCandidate): boolean {
  return budgetViolations === 0;
}

/** The candidates met, in this order, before the search stops. */
function firstEnough(
  candidates: readonly PreemptionCandidate[],
  wanted: number,
): readonly PreemptionCandidate[] {
  const stop = candidates.findIndex(
    (_, at) => at + 1 >= wanted && candidates.slice(0, at + 1).some(isHarmless),
  );
  return stop === -1 ? candidates : candidates.slice(0, stop + 1);
}

/** Sets of candidates, met in any order, after which the search stops. */
function stoppingSets(
  candidates: readonly PreemptionCandidate[],
  wanted: number,
): PreemptionCandidate[][] {
  const harmless = candidates.filter(isHarmless);
  if (candidates.length <= wanted || harmless.length === 0) return [[...candidates]];
  const sets = choices(candidates, wanted).filter((met) => met.some(isHarmless));
  // So many violations at first that the search goes on to the first candidate without.
  if (candidates.length - harmless.length >= wanted) sets.push(...harmless.map((one) => [one]));
  return sets;
}

/** All ways to choose `count` of the items. */
function choices<T>(items: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  if (items.length < count) return [];
  const [first, ...rest] = items as [T, ...T[]];
  return [...choices(rest, count - 1).map((chosen) => [first, ...chosen]), ...choices(rest, count)];
}
