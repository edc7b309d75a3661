// Recorded cases of kind `decision`: the default profile on a small cluster, partial expectations.
//
// Only what `expect` holds is compared. The full single decisions of the corpus are decisions.ts.

import { compareText } from "../../base/index.ts";
import {
  bestPositions,
  CycleState,
  type Decision,
  formatCode,
  PlainEvaluator,
  podKey,
  type PostFilterOutcome,
  runPostFilters,
  type Status,
  statusMessage,
} from "../../scheduler/index.ts";
import {
  type CaseOutcome,
  compareValues,
  type Difference,
  type RecordedCase,
  type VerifyOptions,
} from "./case-format.ts";
import { compareEvaluators } from "./evaluator-comparison.ts";
import { RecordedWorld } from "./recorded-world.ts";

interface RecordedRejection {
  readonly code: string;
  readonly reasons?: readonly string[];
  readonly plugin?: string;
}

interface ExpectedDecision {
  readonly scheduled: boolean;
  readonly feasible?: readonly string[];
  readonly feasibleCount?: number;
  readonly evaluatedCount?: number;
  readonly rejected?: Readonly<Record<string, RecordedRejection>>;
  readonly preFilterNodes?: readonly string[];
  readonly scores?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly totals?: Readonly<Record<string, number>>;
  readonly best?: readonly string[];
  readonly message?: string;
  readonly unschedulablePlugins?: readonly string[];
  readonly nominated?: string;
  /** namespace/name */
  readonly victims?: readonly string[];
  /** The text of PostFilter's status. */
  readonly postFilter?: string;
}

/** Compares one such case, with PostFilter's part where the pod fits nowhere. */
export function checkSmallDecision(
  recorded: RecordedCase,
  { evaluator = "plain" }: VerifyOptions = {},
): CaseOutcome {
  const name = String(recorded["name"]);
  const objects = (recorded["objects"] ?? []) as readonly unknown[];
  const world = new RecordedWorld(objects, [recorded["pod"]], { defaulting: false });
  const profile = world.createProfiles(world.readConfiguration(null))[0]!;
  const pod = world.podInfo(world.decodePod(recorded["pod"]));
  const state = new CycleState();
  const decision = new PlainEvaluator(world.cache, { details: true }).decide(pod, profile, state);
  if (decision.notSimulated.length > 0) {
    return { kind: "unsupported", names: decision.notSimulated.map((each) => each.plugin) };
  }
  const expect = recorded["expect"] as ExpectedDecision;
  const differences: Difference[] = [];
  const percentageOfNodesToScore = 0;
  compareEvaluators(differences, name, {
    world,
    profile,
    pod,
    evaluator,
    percentageOfNodesToScore,
  });
  compareOutcome(differences, name, world, expect, decision);
  if (decision.outcome === "unschedulable") {
    const outcome = runPostFilters(profile, state, pod, decision.statuses);
    comparePreemption(differences, name, expect, outcome);
  }
  return { kind: "checked", differences };
}

/** A nomination is compared as one of the nodes that no rule tells apart, with its victims. */
function comparePreemption(
  out: Difference[],
  name: string,
  expect: ExpectedDecision,
  outcome: PostFilterOutcome | undefined,
): void {
  const check = (what: string, expected: unknown, got: unknown): void => {
    if (expected !== undefined) compareValues(out, { case: name, what }, expected, got);
  };
  const { acceptable = [] } = outcome?.preemption ?? {};
  const found = acceptable.find(({ nodeName }) => nodeName === expect.nominated);
  check("nominated", expect.nominated, (found ?? acceptable[0])?.nodeName ?? "");
  const victims = found?.victims.map((victim) => podKey(victim)) ?? [];
  check("victims", sorted(expect.victims), sorted(victims));
  check("postFilter", expect.postFilter, outcome && statusMessage(outcome.status));
}

function compareOutcome(
  out: Difference[],
  name: string,
  world: RecordedWorld,
  expect: ExpectedDecision,
  decision: Decision,
): void {
  const { cache } = world;
  const nameOf = (row: Decision["feasible"][number]): string => cache.nodeName(row);
  const check = (what: string, expected: unknown, got: unknown): void => {
    if (expected !== undefined) compareValues(out, { case: name, what }, expected, got);
  };
  const feasible = decision.feasible.map(nameOf);
  check("scheduled", expect.scheduled, decision.outcome === "placed");
  check("feasible", sorted(expect.feasible), sorted(feasible));
  check("feasibleCount", expect.feasibleCount, feasible.length);
  check("evaluatedCount", expect.evaluatedCount, decision.evaluatedCount);
  check("preFilterNodes", sorted(expect.preFilterNodes), sorted(decision.narrowedTo));
  for (const [node, wanted] of Object.entries(expect.rejected ?? {})) {
    const row = cache.findRow(node);
    const got = row === undefined ? undefined : decision.statuses.explicit(row);
    compareValues(out, { case: name, node, what: "rejected" }, normal(wanted), shown(got));
  }
  for (const [position, node] of feasible.entries()) {
    const scores = Object.fromEntries(
      decision.scores.map((each) => [each.plugin, each.weighted[position]]),
    );
    check(`scores of ${node}`, expect.scores?.[node], scores);
    check(`total of ${node}`, expect.totals?.[node], decision.totals[position]);
  }
  const { totals } = decision;
  const best = totals.length > 1 ? bestPositions(totals).map((at) => feasible[at]!) : feasible;
  check("best", sorted(expect.best), sorted(best));
  check("message", expect.message, decision.message);
  check(
    "unschedulablePlugins",
    sorted(expect.unschedulablePlugins),
    sorted(decision.rejectingPlugins),
  );
}

function sorted(names: Iterable<string> | undefined): readonly string[] | undefined {
  return names === undefined ? undefined : [...names].sort(compareText);
}

function normal({ code, reasons, plugin }: RecordedRejection): RecordedRejection {
  return { code, reasons: reasons ?? [], ...(plugin !== undefined && { plugin }) };
}

function shown(status: Status | undefined): RecordedRejection | undefined {
  if (status === undefined) return undefined;
  return { code: formatCode(status.code), reasons: status.reasons, plugin: status.plugin };
}
