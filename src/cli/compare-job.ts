// A comparison from what the user typed to the record: the plan, the cells in threads, the verdicts.
//
// Each thread runs every so-manieth cell and posts plain numbers; the record is made from all of them
// in the cells' order, so it has the same bytes for any number of threads.

import { COUNT_DEFAULT, type CompareRecord } from "../analysis/index.ts";
import {
  type CompareCell,
  type ComparePlan,
  cellsOf,
  compareCells,
  VARIED_PARTS,
} from "../experiment/index.ts";
import { loadScenario } from "../experiment/node.ts";
import type { CompareRequest } from "./compare-request.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { refuseWrongValues } from "./request-checks.ts";
import { createRunControl, type RunReport } from "./run-request.ts";
import { runSession } from "./run-session.ts";

/** The record and what the runs' notes say; or the report of the thread that failed. */
export type CompareOutcome =
  | {
      readonly kind: "compared";
      readonly record: CompareRecord;
      readonly cells: readonly CompareCell[];
      readonly plan: ComparePlan;
      readonly notes: string;
    }
  | { readonly kind: "failed"; readonly report: RunReport };

/** Runs a whole comparison. */
export async function compareInThreads(request: CompareRequest): Promise<CompareOutcome> {
  refuseWrongValues(request);
  const plan = planOf(request);
  const cells = cellsOf(plan);
  const workersCount = Math.min(request.workersCount, cells.length);
  const shares = Array.from({ length: workersCount }, (_, worker) =>
    cells.filter((_cell, at) => at % workersCount === worker),
  );
  const reports = await Promise.all(
    shares.map((share) =>
      runSession({ kind: "cells", request: { request, plan, cells: share } }, createRunControl()),
    ),
  );
  const failed = reports.find(({ exitCode }) => exitCode !== EXIT.ok);
  if (failed !== undefined) return { kind: "failed", report: failed };
  const done = reports.flatMap(({ output }) => JSON.parse(output) as CompareCell[]);
  done.sort((a, b) => a.replication - b.replication || a.alternative - b.alternative);
  const lines = new Set(reports.flatMap(({ notes }) => notes.split(/(?<=\n)/)));
  const notes = [...lines].join("");
  return { kind: "compared", record: compareCells(plan, done), cells: done, plan, notes };
}

function planOf(request: CompareRequest): ComparePlan {
  const scenario = loadScenario(request);
  const listed = scenario.schedulers.map(({ name }) => name);
  const alternatives = request.schedulers.length > 0 ? request.schedulers : listed;
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
  return {
    scenario,
    alternatives,
    baseline,
    varied: VARIED_PARTS.filter((part) => varied.includes(part)),
    replicationsCount:
      request.replicationsCount ?? (replications > 1 ? replications : COUNT_DEFAULT),
    margin: request.margin,
    confidence: request.confidence,
    measures: request.measures.length > 0 ? request.measures : scenario.measures,
  };
}

function usage(message: string): CommandFailure {
  return new CommandFailure(EXIT.usage, message);
}
