// A comparison from what the user typed to the record: the plan, its cells, the verdicts.
//
// Each alternative is a point of the study, each of its replications a cell; the record is made from
// the cells in their order, so it has the same bytes wherever and in how many threads they ran.

import { COUNT_DEFAULT, type CompareRecord } from "../analysis/index.ts";
import {
  type CellPlace,
  cellsByAlternative,
  type CompareCell,
  compareCells,
  type CompareDesign,
  type ComparePlan,
  type KnownControl,
  knownControl,
  judgePilotPairs,
  nextCells,
  pilotCellsOf,
  type Scenario,
  scenarioHash,
  studiedWorld,
  type StudyCell,
  type StudyPoint,
  VARIED_PARTS,
  worldOfCell,
} from "../experiment/index.ts";
import type { CellSettings } from "./cell-orders.ts";
import { loadScenario } from "../experiment/node.ts";
import { alternativeNames, worldOfAlternative } from "./compare-alternatives.ts";
import { designOf } from "./compare-design.ts";
import { commandOfComparison } from "./study-origin.ts";
import type { CompareRequest } from "./compare-request.ts";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { inputsOf, refuseWrongValues } from "./request-checks.ts";
import { StudySession } from "./study-run.ts";
import { refuseUnpaired } from "./variance-options.ts";
import { findWarmUps, settledPoint, settledWorld, withOpenWarmUp } from "./warm-up-pilot.ts";

/** The record with what it was made from. */
export interface Compared {
  readonly record: CompareRecord;
  readonly cells: readonly CompareCell[];
  readonly plan: ComparePlan;
  /** Of the scenario, overrides included. */
  readonly scenarioHash: string;
}

/** What came of a comparison. */
export interface CompareOutcome {
  /** Undefined: a shard's cells alone, or stopped before any replication was whole. */
  readonly compared: Compared | undefined;
  /** The signal that stopped it, so that the record is of fewer replications than asked for. */
  readonly stoppedBy: ExitCode | undefined;
  readonly notes: string;
  /** Cells run or found in the store, of those asked for. */
  readonly counts: { readonly done: number; readonly total: number };
}

/** Runs a whole comparison. */
export async function runComparison(request: CompareRequest): Promise<CompareOutcome> {
  refuseWrongValues(request);
  const scenario = loadScenario(request);
  const asked = planOf(request, scenario);
  if (request.antithetic === true) refuseUnpaired(asked);
  const scenarios = asked.alternatives.map((name) => {
    const { overrides } = worldOfAlternative(name, request.settings);
    if (overrides.length === 0) return scenario;
    return loadScenario({ ...request, overrides: [...request.overrides, ...overrides] });
  });
  const hash = scenarioHash(scenario);
  if (request.shard !== undefined && (asked.design ?? FIXED).kind !== "fixed")
    throw usage("--shard needs a fixed number of replications: shards cannot see each other's");
  const session = await StudySession.open({ ...request, settings: settingsOf(request) });
  try {
    const paired = await pairedPlan(session, asked, request);
    const settled = paired && (await settle(session, paired, request, scenarios));
    if (settled === undefined) {
      const { stoppedBy, notes, counts } = session;
      return { compared: undefined, stoppedBy, notes, counts };
    }
    const { plan, cellOf } = settled;
    const first = nextCells(plan, []);
    if ((plan.design ?? FIXED).kind === "fixed")
      session.describe({ command: "compare", scenarioHash: hash, plan }, first.map(cellOf));
    const cells: CompareCell[] = [];
    for (let places = first; places.length > 0; places = nextCells(plan, cells)) {
      const results = await session.run(places.map(cellOf));
      for (const [at, result] of results.entries())
        if (result !== undefined) cells.push({ ...places[at]!, ...result });
      if (request.shard !== undefined || session.stoppedBy !== undefined) break;
    }
    const { stoppedBy, notes, counts } = session;
    return { compared: comparedOf(plan, hash, cells), stoppedBy, notes, counts };
  } finally {
    await session.close();
  }
}

const FIXED: CompareDesign = { kind: "fixed" };
/** Replications of the pilot of a study that adds some as it goes. */
const PILOT_COUNT = 10;

interface SettledPlan {
  readonly plan: ComparePlan;
  readonly cellOf: (place: CellPlace) => StudyCell;
}

/** The plan with or without pairs, as its first pairs say; undefined if a signal stopped them. */
async function pairedPlan(
  session: StudySession,
  asked: ComparePlan,
  request: CompareRequest,
): Promise<ComparePlan | undefined> {
  if (asked.isAntithetic !== true) return asked;
  const places = pilotCellsOf(asked);
  const results = await session.runWhole(places.map(cellsOfPlan(asked, request)));
  const cells = results.flatMap((result, at) => (result ? { ...places[at]!, ...result } : []));
  if (cells.length < places.length) return undefined;
  const { isAntithetic, ...plain } = asked;
  const antitheticPilot = judgePilotPairs(asked, cells);
  return antitheticPilot.isKept
    ? { ...plain, isAntithetic, antitheticPilot }
    : { ...plain, antitheticPilot };
}

/** The plan with its warm-up found, where that is left to a pilot; undefined if a signal stopped it. */
async function settle(
  session: StudySession,
  plan: ComparePlan,
  request: CompareRequest,
  scenarios: readonly Scenario[],
): Promise<SettledPlan | undefined> {
  const cellOf = cellsOfPlan(plan, request);
  if (!scenarios.some(({ run }) => run.warmupAuto)) return { plan, cellOf };
  const horizonOf = (alternative: number): number => scenarios[alternative]!.run.horizon!;
  const { varied, design, replicationsCount } = plan;
  const wanted =
    (design ?? FIXED).kind === "fixed"
      ? replicationsCount
      : Math.min(PILOT_COUNT, countMaxOf(plan));
  const group = {
    name: "",
    alternatives: plan.alternatives.map((name, alternative) => ({
      name,
      horizonUs: horizonOf(alternative),
      point: withOpenWarmUp(cellOf({ alternative, replication: 0 }).point),
    })),
  };
  const found = await findWarmUps(session, [group], {
    replicationsCount: varied.length === 0 ? 1 : wanted,
    measures: plan.measures,
  });
  const warmUp = found?.[0];
  if (warmUp === undefined) return undefined;
  const points = new Map<StudyPoint, StudyPoint>();
  return {
    plan: { ...plan, scenario: settledWorld(plan.scenario, warmUp), warmUp },
    cellOf: (place) => {
      const { point, replication } = cellOf(place);
      const { alternative } = worldOfCell(plan, place);
      const settled = points.get(point) ?? settledPoint(point, horizonOf(alternative), warmUp);
      points.set(point, settled);
      return { point: settled, replication };
    },
  };
}

function countMaxOf({ design, replicationsCount }: ComparePlan): number {
  return design === undefined || design.kind === "fixed" ? replicationsCount : design.countMax;
}

function settingsOf({ pluginDeadline, debug, format }: CompareRequest): CellSettings {
  return { pluginDeadline, debug, json: format === "json" };
}

/** Cells of places; those of one alternative in one world share their point. */
function cellsOfPlan(plan: ComparePlan, request: CompareRequest): (place: CellPlace) => StudyCell {
  const points = new Map<number, StudyPoint>();
  return (place) => {
    const { alternative, varied } = worldOfCell(plan, place);
    const name = plan.alternatives[alternative]!;
    const { schedulers, overrides } = worldOfAlternative(name, request.settings);
    const inputs = inputsOf(request);
    const point = points.get(place.alternative) ?? {
      name,
      request: {
        ...inputs,
        overrides: [...inputs.overrides, ...overrides],
        schedulers,
        measures: [
          ...request.measures,
          ...(plan.design?.kind === "selection" ? [plan.design.measure] : []),
        ],
      },
      varied,
      ...(plan.isAntithetic === true && { isAntithetic: plan.isAntithetic }),
      allowUnsimulated: request.allowUnsimulated,
      strict: request.strict,
    };
    points.set(place.alternative, point);
    return { point, replication: place.replication };
  };
}

/**
 * The record of cells in their places: of all, if the plan asks for no more, else of the replications
 * that are whole; undefined where not even the first is.
 */
export function comparedOf(
  plan: ComparePlan,
  hash: string,
  cells: readonly CompareCell[],
): Compared | undefined {
  if (nextCells(plan, cells).length === 0)
    return { record: compareCells(plan, cells), cells: inOrder(cells), plan, scenarioHash: hash };
  const width = plan.alternatives.length;
  const runs = cellsByAlternative(plan, cells).slice(0, width);
  const firstHole = (one: readonly (CompareCell | undefined)[]): number => {
    const at = [...one].indexOf(undefined);
    return at < 0 ? one.length : at;
  };
  const replicationsCount = Math.min(...runs.map(firstHole));
  if (replicationsCount === 0) return undefined;
  const whole = cells.filter(
    ({ alternative, replication }) => alternative < width && replication < replicationsCount,
  );
  const partial = { ...plan, replicationsCount, design: FIXED, hasTieAudit: false };
  return {
    ...{ record: compareCells(partial, whole), cells: inOrder(whole), plan: partial },
    scenarioHash: hash,
  };
}

function inOrder(cells: readonly CompareCell[]): CompareCell[] {
  return [...cells].sort((a, b) => a.replication - b.replication || a.alternative - b.alternative);
}

function planOf(request: CompareRequest, scenario: Scenario): ComparePlan {
  const listed = scenario.schedulers.map(({ name }) => name);
  const { settings } = request;
  const given = request.schedulers.length > 0 || settings.length > 0 ? request.schedulers : listed;
  const alternatives = alternativeNames(given, settings);
  if (alternatives.length < 2)
    throw usage(
      `a comparison needs two alternatives: give -s twice, for example -s default -s best-fit${listed.length > 0 ? ` (the scenario has ${listed.join(", ")})` : ""}`,
    );
  const twice = alternatives.find((name, at) => alternatives.indexOf(name) < at);
  if (twice !== undefined) throw usage(`'${twice}' is given twice; an alternative is named once`);
  const baseline = request.baseline === undefined ? 0 : alternatives.indexOf(request.baseline);
  if (baseline < 0)
    throw usage(
      `no alternative is called '${request.baseline}': there are ${alternatives.join(", ")}`,
    );
  const varied = request.varied ?? scenario.vary;
  for (const part of varied)
    if (!(VARIED_PARTS as readonly string[]).includes(part))
      throw usage(`--vary ${part}: there are ${VARIED_PARTS.join(", ")}`);
  const { replications } = scenario.run;
  const measures = request.measures.length > 0 ? request.measures : scenario.measures;
  return {
    scenario: studiedWorld(scenario),
    alternatives,
    baseline,
    varied: VARIED_PARTS.filter((part) => varied.includes(part)),
    replicationsCount:
      request.replicationsCount ?? (replications > 1 ? replications : COUNT_DEFAULT),
    margin: request.margin,
    confidence: request.confidence,
    measures,
    design: designOf(request.design, measures),
    hasTieAudit: request.design.tieAudit === true,
    ...(request.antithetic === true && { isAntithetic: true }),
    ...(request.design.controls === true && {
      control: controlOf(
        scenario,
        VARIED_PARTS.filter((part) => varied.includes(part)),
      ),
    }),
    command: commandOfComparison(request),
  };
}

function controlOf(scenario: Scenario, varied: ComparePlan["varied"]): KnownControl {
  const control = knownControl(scenario, varied);
  if (typeof control === "string")
    throw usage(`--controls: the expected number of pods is not known: ${control}`);
  return control;
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
