// A sweep from what the user typed to the record: combinations, cells, one row each.
//
// Every combination's scenario is read before the first cell runs, so that a value which cannot be is
// refused at once. Cells of a row stand together, and a row is read once per thread.

import { COUNT_DEFAULT, type SweepRecord } from "../analysis/index.ts";
import {
  type CellResult,
  type Combination,
  faultStrata,
  listCombinations,
  type Scenario,
  studiedWorld,
  type StudyCell,
  type StudyPoint,
  judgeSweptPairs,
  sweepCells,
  sweepCellsOf,
  sweepPilotCellsOf,
  type SweepPlan,
  VARIED_PARTS,
  workTogether,
} from "../experiment/index.ts";
import { loadScenario, type RunInputRequest } from "../experiment/node.ts";
import { commandOfSweep } from "./study-origin.ts";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { inputsOf, refuseWrongValues } from "./request-checks.ts";
import { StudySession } from "./study-run.ts";
import { findWarmUps, settledPoint, settledWorld } from "./warm-up-pilot.ts";
import type { SweepRequest } from "./sweep-request.ts";
import { refuseUnpaired } from "./variance-options.ts";

/** The record with what it was made from. */
export interface Swept {
  readonly record: SweepRecord;
  readonly plan: SweepPlan;
  /** Parallel to the plan's cells. */
  readonly results: readonly (CellResult | undefined)[];
}

/** What came of a sweep. */
export interface SweepOutcome {
  /** Undefined: a shard's cells alone, or stopped before there was any. */
  readonly swept: Swept | undefined;
  readonly stoppedBy: ExitCode | undefined;
  readonly notes: string;
  readonly counts: { readonly done: number; readonly total: number };
}

/** A sweep with what its cells are of, before anything runs. */
export interface PlannedSweep {
  readonly plan: SweepPlan;
  /** One per row. */
  readonly points: readonly StudyPoint[];
}

/** Reads every combination's scenario. */
export function planSweep(request: SweepRequest): PlannedSweep {
  refuseWrongValues(request);
  const combinations = listCombinations(request.parameters, request.listed);
  const parameters = [...new Set(combinations.flatMap((one) => [...one.keys()]))];
  if (parameters.length === 0)
    throw usage(
      "nothing to sweep over: give --param 'path=a,b,c', for example --param cluster.nodePools.0.count=10,20",
    );
  const rows = combinations.flatMap((combination) => rowsOf(request, parameters, combination));
  const [first] = rows;
  const { replications } = first!.scenario.run;
  const plan: SweepPlan = {
    parameters,
    rows: rows.map(({ values, scheduler, scenario }) => ({
      ...{ values, scheduler, world: studiedWorld(scenario) },
      ...(request.stratify === true && { strata: strataOf(request, scenario) }),
    })),
    varied: variedOf(request, first!.scenario),
    replicationsCount:
      request.replicationsCount ?? (replications > 1 ? replications : COUNT_DEFAULT),
    confidence: request.confidence,
    measures: request.measures.length > 0 ? request.measures : first!.scenario.measures,
    ...(request.antithetic === true && { isAntithetic: true }),
    command: commandOfSweep(request),
  };
  if (request.antithetic === true) refuseUnpaired(plan);
  const points = rows.map(
    (row): StudyPoint => ({
      name: [...row.values.map((value, at) => `${parameters[at]!}=${value}`), row.scheduler].join(
        ", ",
      ),
      request: row.request,
      varied: plan.varied,
      ...(request.antithetic === true && { isAntithetic: true }),
      allowUnsimulated: request.allowUnsimulated,
      strict: request.strict,
    }),
  );
  return { plan, points };
}

function cellsOfSweep({ plan, points }: PlannedSweep): StudyCell[] {
  return sweepCellsOf(plan).map(({ row, replication }) => ({ point: points[row]!, replication }));
}

/** The sweep with or without pairs, as its first pairs say; undefined if a signal stopped them. */
async function pairedSweep(
  session: StudySession,
  planned: PlannedSweep,
): Promise<PlannedSweep | undefined> {
  const { plan, points } = planned;
  if (plan.isAntithetic !== true) return planned;
  const cells = sweepPilotCellsOf(plan).map(({ row, replication }) => ({
    point: points[row]!,
    replication,
  }));
  const results = (await session.runWhole(cells)).flatMap((result) => result ?? []);
  if (results.length < cells.length) return undefined;
  const antitheticPilot = judgeSweptPairs(plan, results);
  if (antitheticPilot.isKept) return { plan: { ...plan, antitheticPilot }, points };
  const { isAntithetic: _, ...plain } = plan;
  return {
    plan: { ...plain, antitheticPilot },
    points: points.map(({ isAntithetic: _pairs, ...point }) => point),
  };
}

/** The sweep with its warm-ups found, where they are left to a pilot; undefined if a signal stopped it. */
async function settle(
  session: StudySession,
  planned: PlannedSweep,
): Promise<PlannedSweep | undefined> {
  const { plan, points } = planned;
  const isOpen = (row: number): boolean => plan.rows[row]!.world.run.warmupAuto === true;
  const groups = new Map<string, { readonly values: readonly string[]; readonly rows: number[] }>();
  for (const [row, { values }] of plan.rows.entries()) {
    if (!isOpen(row)) continue;
    const key = JSON.stringify(values);
    const group = groups.get(key) ?? { values, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  if (groups.size === 0) return planned;
  const listed = [...groups.values()];
  const found = await findWarmUps(
    session,
    listed.map(({ values, rows }) => ({
      name: values.map((value, at) => `${plan.parameters[at]!}=${value}`).join(", "),
      alternatives: rows.map((row) => ({
        name: plan.rows[row]!.scheduler,
        horizonUs: plan.rows[row]!.world.run.horizon!,
        point: points[row]!,
      })),
    })),
    {
      replicationsCount: plan.varied.length === 0 ? 1 : plan.replicationsCount,
      measures: plan.measures,
    },
  );
  if (found === undefined) return undefined;
  const warmUpOf = new Map(
    listed.flatMap(({ rows }, at) => rows.map((row) => [row, found[at]!] as const)),
  );
  return {
    plan: {
      ...plan,
      rows: plan.rows.map((one, row) => {
        const warmUp = warmUpOf.get(row);
        return warmUp === undefined ? one : { ...one, world: settledWorld(one.world, warmUp) };
      }),
      warmUps: listed.map(({ values }, at) => ({ values, ...found[at]! })),
    },
    points: points.map((point, row) => {
      const warmUp = warmUpOf.get(row);
      const { horizon } = plan.rows[row]!.world.run;
      return warmUp === undefined ? point : settledPoint(point, horizon!, warmUp);
    }),
  };
}

/** Runs a planned sweep. */
export async function runSweep(
  planned: PlannedSweep,
  request: SweepRequest,
): Promise<SweepOutcome> {
  const { pluginDeadline, debug, format } = request;
  const settings = { pluginDeadline, debug, json: format === "json" };
  const session = await StudySession.open({ ...request, settings });
  try {
    const paired = await pairedSweep(session, planned);
    const settled = paired && (await settle(session, paired));
    if (settled === undefined) {
      const { stoppedBy, notes, counts } = session;
      return { swept: undefined, stoppedBy, notes, counts };
    }
    const { plan } = settled;
    const cells = cellsOfSweep(settled);
    session.describe({ command: "sweep", plan }, cells);
    const results = await session.run(cells);
    const { stoppedBy, notes, counts } = session;
    const hasAny = results.some((result) => result !== undefined);
    const swept = hasAny ? { record: sweepCells(plan, results), plan, results } : undefined;
    return { swept, stoppedBy, notes, counts };
  } finally {
    await session.close();
  }
}

interface PlannedRow {
  readonly values: readonly string[];
  readonly scheduler: string;
  readonly scenario: Scenario;
  readonly request: RunInputRequest;
}

function rowsOf(
  request: SweepRequest,
  parameters: readonly string[],
  combination: Combination,
): PlannedRow[] {
  const overrides = [
    ...request.overrides,
    ...[...combination].map(([path, value]) => `${path}=${value}`),
  ];
  const inputs = { ...inputsOf(request), overrides };
  const scenario = loadScenario({ ...inputs, schedulers: [] });
  const values = parameters.map((path) => combination.get(path) ?? "");
  const listed = scenario.schedulers.map(({ name }) => name);
  const isOneWorld = listed.length < 2 || workTogether(scenario.schedulers);
  const alternatives =
    request.schedulers.length > 0 ? request.schedulers : isOneWorld ? undefined : listed;
  if (alternatives === undefined) {
    const scheduler = listed.length === 0 ? "default" : listed.join("+");
    return [{ values, scheduler, scenario, request: { ...inputs, schedulers: [] } }];
  }
  return alternatives.map((scheduler) => ({
    ...{ values, scheduler, scenario },
    request: { ...inputs, schedulers: [scheduler] },
  }));
}

/** Replications of a row by how many machines fail, or a refusal that names what is not known. */
function strataOf(request: SweepRequest, scenario: Scenario): NonNullable<Row["strata"]> {
  if (request.antithetic === true)
    throw usage("--stratify and --antithetic exclude each other: each chooses the replications");
  const { replications } = scenario.run;
  const strata = faultStrata(
    scenario,
    variedOf(request, scenario),
    request.replicationsCount ?? (replications > 1 ? replications : COUNT_DEFAULT),
  );
  if (typeof strata === "string") throw usage(`--stratify faults: ${strata}`);
  return strata;
}

type Row = SweepPlan["rows"][number];

function variedOf(request: SweepRequest, scenario: Scenario): SweepPlan["varied"] {
  const varied: readonly string[] = request.varied ?? scenario.vary;
  for (const part of varied)
    if (!(VARIED_PARTS as readonly string[]).includes(part))
      throw usage(`--vary ${part}: there are ${VARIED_PARTS.join(", ")}`);
  return VARIED_PARTS.filter((part) => varied.includes(part));
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
