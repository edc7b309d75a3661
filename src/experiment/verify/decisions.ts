// Recorded decisions: one cluster and one pending pod per line, everything the real scheduler said.
//
// Every part of `expect` is compared that this build models. A case that touches a rule which is not
// modelled (the search for victims among them) is counted by plugin as not supported.

import { compareText } from "../../base/index.ts";
import {
  Code,
  CycleState,
  type Decision,
  errorStatus,
  filterNode,
  formatCode,
  type NodeRow,
  PlainEvaluator,
  PREEMPTION_NOT_SIMULATED,
  type PluginScores,
  type PodInfo,
  type PostFilterOutcome,
  type PreFiltering,
  type Profile,
  runPostFilters,
  runPreFilters,
  runScores,
  type Scoring,
  type Status,
  statusMessage,
} from "../../scheduler/index.ts";
import {
  atCase,
  type CaseOutcome,
  compareValues,
  type Difference,
  objectList,
  parseCaseLines,
  type RecordedCase,
  ReportBuilder,
  requiredObject,
  type VerifyReport,
} from "./case-format.ts";
import { RecordedWorld } from "./recorded-world.ts";

/** Compares the recorded decisions in `lines` (JSON Lines) with the plain evaluator's. */
export function verifyDecisions(lines: Iterable<string>, file = "decisions"): VerifyReport {
  const report = new ReportBuilder(file);
  let searches = 0;
  for (const recorded of parseCaseLines(lines, file)) {
    const name = String(recorded["name"]);
    const outcome = atCase(file, name, () => checkDecision(recorded));
    if (outcome.kind === "unsupported" && outcome.names.includes("DefaultPreemption")) searches++;
    report.add(outcome);
  }
  if (searches > 0) {
    report.note(
      `${searches} pods fit nowhere and reach the search for victims, which is not simulated yet: everything before it was compared and agrees, its 'preemption' part and the message after the histogram were not`,
    );
  }
  return report.build();
}

/** The recorded answer; see the corpus' README for the fields. */
interface ExpectedDecision {
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
  readonly preemption: {
    readonly ran?: boolean;
    readonly code?: string;
    readonly message?: string;
    readonly nominated?: string | null;
    readonly candidates?: unknown;
    readonly rejected?: Readonly<Record<string, RecordedStatus>>;
  } | null;
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
interface Examination {
  readonly preFiltering: PreFiltering;
  /** Verdict of every node of the list (or of the narrowed list). */
  readonly verdicts: ReadonlyMap<string, Status>;
  readonly feasible: readonly NodeRow[];
  readonly scoring: Scoring;
  readonly decision: Decision;
}

function checkDecision(recorded: RecordedCase): CaseOutcome {
  const name = String(recorded["name"]);
  const expect = requiredObject(recorded, "expect") as unknown as ExpectedDecision;
  requiredObject(expect as unknown as RecordedCase, "nodes");
  const pending = requiredObject(recorded, "pod");
  const objects = objectList(recorded, "objects");
  const world = new RecordedWorld(objects, [pending], { defaulting: true });
  const configuration = world.readConfiguration(recorded["config"]);
  const profiles = world.createProfiles(configuration);
  const pod = world.podInfo(world.decodePod(pending));
  const profile = profiles.find((each) => each.schedulerName === pod.template.schedulerName);
  if (profile === undefined) {
    return { kind: "checked", differences: [noProfile(name, pod)] };
  }
  const differences: Difference[] = [];
  const nodeOrder = world.cache.refreshSnapshot().map((row) => world.cache.nodeName(row));
  compareValues(differences, { case: name, what: "nodeOrder" }, expect.nodeOrder, nodeOrder);
  const gate = firstGate(profile, pod);
  const evaluator = new PlainEvaluator(world.cache, { percentageOfNodesToScore: 100 });
  const state = new CycleState();
  const decision = evaluator.decide(pod, profile, state);
  if (decision.notSimulated.length > 0) {
    return { kind: "unsupported", names: decision.notSimulated.map((each) => each.plugin) };
  }
  compareStatus(differences, { case: name, what: "preEnqueue" }, expect.preEnqueue, gate);
  if (gate !== undefined) return { kind: "checked", differences };
  const examination = examine(world, profile, pod, decision);
  comparePreFilter(differences, name, expect, examination);
  compareNodes(differences, name, world, expect, examination);
  compareChoice(differences, name, world, expect, examination, profile);
  if (decision.outcome === "error") return { kind: "checked", differences };
  if (decision.outcome !== "unschedulable") {
    compareValues(
      differences,
      { case: name, what: "message" },
      expect.message,
      messageOf(decision),
    );
    compareValues(differences, { case: name, what: "preemption" }, expect.preemption, null);
    return { kind: "checked", differences };
  }
  const postFilter = runPostFilters(profile, state, pod, decision.statuses);
  const isSearching =
    postFilter !== undefined && statusMessage(postFilter.status).endsWith(PREEMPTION_NOT_SIMULATED);
  if (!isSearching) {
    comparePostFilter(differences, name, world, expect, decision, postFilter);
    return { kind: "checked", differences };
  }
  compareHistogram(differences, name, expect.message, decision.message);
  if (differences.length > 0) return { kind: "checked", differences };
  return { kind: "unsupported", names: ["DefaultPreemption"] };
}

function noProfile(name: string, pod: PodInfo): Difference {
  const got = `no profile named ${pod.template.schedulerName}`;
  return { case: name, what: "profile", expected: "a profile", got };
}

function firstGate(profile: Profile, pod: PodInfo): Status | undefined {
  for (const plugin of profile.preEnqueuePlugins) {
    const status = plugin.preEnqueue(pod);
    if (status.code !== Code.Success) return { ...status, plugin: plugin.name };
  }
  return undefined;
}

/** Asks every node and scores every fitting one, also where a real cycle would not need to. */
function examine(
  world: RecordedWorld,
  profile: Profile,
  pod: PodInfo,
  decision: Decision,
): Examination {
  const { cache } = world;
  const nodes = cache.nodeList;
  const state = new CycleState();
  const preFiltering = runPreFilters(profile, state, pod, nodes);
  const verdicts = new Map<string, Status>();
  const feasible: NodeRow[] = [];
  if (preFiltering.status.code === Code.Success) {
    for (const row of nodes) {
      const name = cache.nodeName(row);
      if (preFiltering.nodeNames?.has(name) === false) continue;
      const status = filterNode(profile, cache, state, pod, row);
      verdicts.set(name, status);
      if (status.code === Code.Success) feasible.push(row);
    }
  }
  const scoring = feasible.length === 0 ? NO_SCORING : runScores(profile, state, pod, feasible);
  return { preFiltering, verdicts, feasible, scoring, decision };
}

const NO_SCORING: Scoring = {
  status: errorStatus("", "nothing to score"),
  totals: [],
  scores: [],
  skipped: [],
};

function comparePreFilter(
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

function compareNodes(
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
      compareRejection(out, place, expect, expected, verdict, examination.decision);
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
  expect: ExpectedDecision,
  expected: ExpectedNode,
  verdict: Status | undefined,
  decision: Decision,
): void {
  if (verdict !== undefined) {
    compareStatus(out, { ...place, what: "verdict" }, expected as RecordedStatus, verdict);
    return;
  }
  const { absent } = decision.statuses;
  compareValues(out, { ...place, what: "plugin" }, expected.plugin, undefined);
  compareValues(out, { ...place, what: "code" }, expected.code, formatCode(absent.code));
  if (expect.winners.length === 0 && expect.error === undefined) {
    compareValues(out, { ...place, what: "reasons" }, expected.reasons, absent.reasons);
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
  if (failed) return;
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

function compareChoice(
  out: Difference[],
  name: string,
  world: RecordedWorld,
  expect: ExpectedDecision,
  examination: Examination,
  profile: Profile,
): void {
  const { decision, feasible, scoring } = examination;
  const { cache } = world;
  const hasError =
    decision.outcome === "error" || (feasible.length > 0 && scoring.status.code !== Code.Success);
  compareValues(out, { case: name, what: "error" }, expect.error !== undefined, hasError);
  if (hasError) return;
  const choice = decision.node === -1 ? null : cache.nodeName(decision.node);
  const winners = winnersOf(world, examination);
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

function messageOf(decision: Decision): string | null {
  return decision.message === "" ? null : decision.message;
}

/** What PostFilter said where no victims could be searched for, and the whole message with it. */
function comparePostFilter(
  out: Difference[],
  name: string,
  world: RecordedWorld,
  expect: ExpectedDecision,
  decision: Decision,
  postFilter: PostFilterOutcome | undefined,
): void {
  const text = postFilter === undefined ? "" : statusMessage(postFilter.status);
  const message = text === "" ? decision.message : `${decision.message} ${text}`;
  compareValues(out, { case: name, what: "message" }, expect.message, message);
  const { preemption } = expect;
  const check = (what: string, expected: unknown, got: unknown): void =>
    compareValues(out, { case: name, what: `preemption.${what}` }, expected, got);
  check("ran", preemption?.ran === true, postFilter !== undefined);
  if (postFilter === undefined) return;
  check("code", preemption?.code, formatCode(postFilter.status.code));
  check("message", preemption?.message, text);
  check("nominated", preemption?.nominated, postFilter.nominate);
  check("candidates", preemption?.candidates, undefined);
  // A search without victims leaves the same verdict on every node that it looks at.
  const isSearch = postFilter.nominate !== undefined;
  const rows = world.cache.nodeList.filter(
    (row) => isSearch && decision.statuses.get(row).code === Code.Unschedulable,
  );
  const rejected = rows.map((row) => [world.cache.nodeName(row), NO_VICTIMS]);
  check("rejected", preemption?.rejected ?? {}, Object.fromEntries(rejected));
}

const NO_VICTIMS: RecordedStatus = {
  code: "UnschedulableAndUnresolvable",
  reasons: ["No preemption victims found for incoming pod"],
};

/** The text before the search for victims; its success appends nothing. */
function compareHistogram(
  out: Difference[],
  name: string,
  expected: string | null,
  histogram: string,
): void {
  if (expected === histogram || expected?.startsWith(`${histogram} `) === true) return;
  compareValues(out, { case: name, what: "message" }, expected, histogram);
}

/** Compares code, plugin and reasons; a missing side stands for "no such status". */
function compareStatus(
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
