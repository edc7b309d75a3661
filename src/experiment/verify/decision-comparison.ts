// Comparison of one recorded decision with what this build said, part by part.
//
// The types are the recorded form (the corpus' README has the fields). Nothing is decided here and
// nothing counted: differences are added to a list.

import { compareText } from "../../base/index.ts";
import {
  Code,
  type Decision,
  formatCode,
  type NodeRow,
  type PluginScores,
  type PreFiltering,
  type Profile,
  type Scoring,
  type Status,
} from "../../scheduler/index.ts";
import { compareValues, type Difference } from "./case-format.ts";
import type { ExpectedPreemption } from "./preemption-comparison.ts";
import type { RecordedWorld } from "./recorded-world.ts";

/** The recorded answer; see the corpus' README for the fields. */
export interface ExpectedDecision {
  readonly nodeOrder: readonly string[];
  readonly preEnqueue?: RecordedStatus;
  readonly preFilter?: RecordedStatus & { readonly nodes?: readonly string[] };
  readonly skipFilter?: readonly string[];
  readonly nodes: Readonly<Record<string, ExpectedNode>>;
  readonly skipScore?: readonly string[];
  readonly winners: readonly string[];
  readonly choice: string | null;
  readonly choiceArbitrary?: boolean;
  readonly viaNominated?: boolean;
  readonly noScorePlugins?: boolean;
  readonly error?: string;
  readonly message: string | null;
  readonly preemption: ExpectedPreemption | null;
}

interface RecordedStatus {
  readonly code: string;
  readonly plugin?: string;
  readonly reasons?: readonly string[];
}

interface ExpectedNode extends Partial<RecordedStatus> {
  readonly fits: boolean;
  readonly scores?: Readonly<Record<string, RecordedScore>>;
  readonly total?: number;
}

interface RecordedScore {
  readonly raw: number;
  readonly normalized: number;
  readonly weighted: number;
}

/** Everything this build says about one case. */
export interface Examination {
  readonly preFiltering: PreFiltering;
  /** Verdict of every node of the list (or of the narrowed list). */
  readonly verdicts: ReadonlyMap<string, Status>;
  readonly feasible: readonly NodeRow[];
  readonly scoring: Scoring;
  readonly decision: Decision;
}

/** Compares PreFilter's verdict, its narrowing, and which filters it skipped. */
export function comparePreFilter(
  out: Difference[],
  name: string,
  expect: ExpectedDecision,
  { preFiltering }: Examination,
): void {
  // Without nodes the real cycle ends before PreFilter, and nothing is recorded for it.
  if (expect.preFilter === undefined) return;
  compareStatus(out, { case: name, what: "preFilter" }, expect.preFilter, preFiltering.status);
  const narrowed =
    preFiltering.nodeNames === undefined
      ? undefined
      : [...preFiltering.nodeNames].sort(compareText);
  compareValues(
    out,
    { case: name, what: "preFilter.nodes" },
    expect.preFilter.nodes === undefined
      ? undefined
      : [...expect.preFilter.nodes].sort(compareText),
    narrowed,
  );
  compareValues(
    out,
    { case: name, what: "skipFilter" },
    [...(expect.skipFilter ?? [])].sort(compareText),
    [...preFiltering.skipped].sort(compareText),
  );
}

/** Compares every node's verdict and scores, and which scores were skipped. */
export function compareNodes(
  out: Difference[],
  name: string,
  world: RecordedWorld,
  expect: ExpectedDecision,
  examination: Examination,
): void {
  const rejectsAll = examination.preFiltering.status.code !== Code.Success;
  const expectedNames = Object.keys(expect.nodes);
  const gotNames = rejectsAll ? [] : world.cache.nodeList.map((row) => world.cache.nodeName(row));
  compareValues(
    out,
    { case: name, what: "nodes" },
    [...expectedNames].sort(compareText),
    [...gotNames].sort(compareText),
  );
  for (const node of expectedNames) {
    const expected = expect.nodes[node]!;
    const verdict = examination.verdicts.get(node);
    const place = { case: name, node };
    const fits = verdict?.code === Code.Success;
    compareValues(out, { ...place, what: "fits" }, expected.fits, fits);
    if (!expected.fits) {
      compareRejection(out, place, world, expect, expected, examination);
    } else if (fits) {
      compareScores(out, place, world, expected, examination, expect.error !== undefined);
    }
  }
  if (examination.feasible.length > 0 && expect.error === undefined) {
    compareValues(
      out,
      { case: name, what: "skipScore" },
      [...(expect.skipScore ?? [])].sort(compareText),
      [...examination.scoring.skipped].sort(compareText),
    );
  }
}

/** Nodes outside a narrowed list carry the absent status, whose reasons count only if nothing fits. */
function compareRejection(
  out: Difference[],
  place: { case: string; node: string },
  world: RecordedWorld,
  expect: ExpectedDecision,
  expected: ExpectedNode,
  { decision, verdicts }: Examination,
): void {
  const verdict = verdicts.get(place.node);
  if (verdict !== undefined) {
    compareStatus(out, { ...place, what: "verdict" }, expected as RecordedStatus, verdict);
    return;
  }
  // The pod's own nominated node was asked before the narrowing and keeps its reasons.
  const { reasons } = decision.statuses.get(world.cache.findRow(place.node)!);
  const { absent } = decision.statuses;
  compareValues(out, { ...place, what: "plugin" }, expected.plugin, undefined);
  compareValues(out, { ...place, what: "code" }, expected.code, formatCode(absent.code));
  if (expect.winners.length === 0 && expect.error === undefined) {
    compareValues(out, { ...place, what: "reasons" }, expected.reasons, reasons);
  }
}

function compareScores(
  out: Difference[],
  place: { case: string; node: string },
  world: RecordedWorld,
  expected: ExpectedNode,
  { feasible, scoring }: Examination,
  failed: boolean,
): void {
  if (failed || scoring.status.code !== Code.Success) return;
  const position = feasible.findIndex((row) => world.cache.nodeName(row) === place.node);
  const plugins = new Set([
    ...Object.keys(expected.scores ?? {}),
    ...scoring.scores.map((each) => each.plugin),
  ]);
  for (const plugin of [...plugins].sort(compareText)) {
    const recorded = expected.scores?.[plugin];
    const computed = scoring.scores.find((each) => each.plugin === plugin);
    const got = computed === undefined ? undefined : scoreAt(computed, position);
    compareValues(out, { ...place, plugin, what: "score" }, recorded, got);
  }
  if (scoring.scores.length > 0 || expected.total !== undefined) {
    const got = scoring.totals[position];
    compareValues(out, { ...place, what: "total" }, expected.total, got);
  }
}

function scoreAt(scores: PluginScores, position: number): RecordedScore {
  return {
    raw: scores.raw[position]!,
    normalized: scores.normalized[position]!,
    weighted: scores.weighted[position]!,
  };
}

/** Compares winners, choice and how the choice came about; says nothing when the cycle failed. */
export function compareChoice(
  out: Difference[],
  name: string,
  world: RecordedWorld,
  expect: ExpectedDecision,
  examination: Examination,
  profile: Profile,
): void {
  const { decision, feasible, scoring } = examination;
  const { cache } = world;
  // One fitting node is taken unscored: whether a failing score is recorded then says nothing.
  const scoringFails = feasible.length > 0 && scoring.status.code !== Code.Success;
  const hasError =
    decision.outcome === "error" ||
    (scoringFails && (feasible.length > 1 || expect.error !== undefined));
  compareValues(out, { case: name, what: "error" }, expect.error !== undefined, hasError);
  if (hasError) return;
  const choice = decision.node === -1 ? null : cache.nodeName(decision.node);
  // Nobody wins without scores: the search ends at the first node that fits.
  const isUnscored = expect.noScorePlugins === true || scoringFails;
  const winners = isUnscored && choice !== null ? [choice] : winnersOf(world, examination);
  compareValues(out, { case: name, what: "winners" }, expect.winners, winners);
  if (expect.choiceArbitrary === true) {
    const isAmong = choice !== null && expect.winners.includes(choice);
    compareValues(out, { case: name, what: "choice among winners" }, true, isAmong);
  } else {
    compareValues(out, { case: name, what: "choice" }, expect.choice, choice);
  }
  // The recorder tells a nomination from an ordinary placement only when several nodes fit.
  const viaNominated = decision.viaNominated && feasible.length > 1;
  compareValues(
    out,
    { case: name, what: "viaNominated" },
    expect.viaNominated === true,
    viaNominated,
  );
  compareValues(
    out,
    { case: name, what: "noScorePlugins" },
    expect.noScorePlugins === true,
    feasible.length > 0 && profile.scorePlugins.length === 0 && !decision.viaNominated,
  );
}

/** All nodes of the highest total in node order; the nominated one alone when it fits. */
function winnersOf(world: RecordedWorld, { decision, feasible, scoring }: Examination): string[] {
  const { cache } = world;
  if (decision.viaNominated) return [cache.nodeName(decision.node as NodeRow)];
  const highest = scoring.totals.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return feasible
    .filter((_, position) => scoring.totals[position] === highest)
    .map((row) => cache.nodeName(row));
}

/** The decision's message as the corpus writes it: null when there is none. */
export function messageOf(decision: Decision): string | null {
  return decision.message === "" ? null : decision.message;
}

/** Compares code, plugin and reasons; a missing side stands for "no such status". */
export function compareStatus(
  out: Difference[],
  place: { case: string; node?: string; what: string },
  expected: RecordedStatus | undefined,
  got: Status | undefined,
): void {
  const plugin = expected?.plugin ?? got?.plugin;
  const at = plugin === undefined || plugin === "" ? place : { ...place, plugin };
  const { what } = place;
  const code = got === undefined ? undefined : formatCode(got.code);
  compareValues(out, { ...at, what: `${what}.code` }, expected?.code, code);
  compareValues(
    out,
    { ...at, what: `${what}.plugin` },
    expected?.plugin ?? "",
    got === undefined || got.code === Code.Success ? "" : got.plugin,
  );
  compareValues(
    out,
    { ...at, what: `${what}.reasons` },
    expected?.reasons ?? [],
    got?.reasons ?? [],
  );
}
