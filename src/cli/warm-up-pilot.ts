// The pilot of a steady-state study whose warm-up is `auto`: runs from the start until their curves settle.
//
// Pilot runs are cells like any other, told apart by their inputs alone: `run.warmup: auto` and the
// horizon. What comes out is a warm-up and a horizon, with which the study then goes on as if they had
// been given. Every shard needs the whole pilot: it runs its own share first and then what its store
// still lacks, so shards with one store divide the work and others repeat it, with the same bytes.

import type { WarmUpRecord } from "../analysis/index.ts";
import { LENGTH_FACTOR_MAX } from "../analysis/index.ts";
import { formatDuration, type Duration } from "../base/index.ts";
import {
  type CellResult,
  type PilotRuns,
  searchWarmUp,
  type StudiedWorld,
  type StudyCell,
  type StudyPoint,
} from "../experiment/index.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import type { StudySession } from "./study-run.ts";

/** Alternatives that share one warm-up. */
export interface PilotGroup {
  /** What a person would call it, for messages; "" where there is one group. */
  readonly name: string;
  readonly alternatives: readonly {
    readonly name: string;
    readonly horizonUs: number;
    /** With the warm-up still open. */
    readonly point: StudyPoint;
  }[];
}

/** How a pilot is made. */
export interface PilotOptions {
  readonly replicationsCount: number;
  /** Measures that the study judges; empty = all. */
  readonly measures: readonly string[];
}

/** The warm-up of each group; undefined if a signal stopped the pilot. Refuses groups that never settle. */
export async function findWarmUps(
  session: StudySession,
  groups: readonly PilotGroup[],
  options: PilotOptions,
): Promise<readonly WarmUpRecord[] | undefined> {
  const found: (WarmUpRecord | undefined)[] = groups.map(() => undefined);
  let open = groups.map((_, at) => at);
  for (let factor = 1; ; factor *= 2) {
    const pilots = open.map((at) => groups[at]!);
    const cells = pilots.flatMap((group) => cellsOfGroup(group, factor, options));
    const results = await session.runWhole(cells);
    if (results.includes(undefined)) return undefined;
    const refusals: string[] = [];
    let from = 0;
    for (const at of open) {
      const group = groups[at]!;
      const until = from + group.alternatives.length * options.replicationsCount;
      const own = results.slice(from, until) as CellResult[];
      from = until;
      const search = searchWarmUp(pilotRuns(group, factor, own), factor, options.measures);
      if (search.kind === "cut") found[at] = search.record;
      else refusals.push(refusalOf(group, factor, search.tooShort, own));
    }
    if (refusals.length === 0) return found as WarmUpRecord[];
    if (factor === LENGTH_FACTOR_MAX) throw new CommandFailure(EXIT.limit, refusals.join("\n"));
    open = open.filter((at) => found[at] === undefined);
  }
}

const HINT =
  "hint: give a duration as the warm-up if you know one, a longer horizon, or a load that the cluster can carry";

function cellsOfGroup(
  { alternatives }: PilotGroup,
  factor: number,
  { replicationsCount }: PilotOptions,
): StudyCell[] {
  return alternatives.flatMap(({ point, horizonUs }) => {
    const request = { ...point.request, horizon: `${horizonUs * factor}us` };
    const pilot: StudyPoint = { ...point, request };
    return Array.from({ length: replicationsCount }, (_, replication) => ({
      point: pilot,
      replication,
    }));
  });
}

function pilotRuns(
  { alternatives }: PilotGroup,
  factor: number,
  results: readonly CellResult[],
): PilotRuns[] {
  const count = results.length / alternatives.length;
  return alternatives.map(({ name, horizonUs }, at) => ({
    alternative: name,
    horizonUs: horizonUs * factor,
    runs: results.slice(at * count, (at + 1) * count).map(({ series }) => series!),
  }));
}

function refusalOf(
  { name, alternatives }: PilotGroup,
  factor: number,
  tooShort: readonly string[],
  results: readonly CellResult[],
): string {
  const horizonUs = Math.max(...alternatives.map((one) => one.horizonUs)) * factor;
  return warmUpRefusal({ name, horizonUs, factor, tooShort }, results);
}

/** Why no warm-up was found: which curves never settle. */
export function warmUpRefusal(
  search: {
    readonly name: string;
    readonly horizonUs: number;
    readonly factor: number;
    readonly tooShort: readonly string[];
  },
  results: readonly Pick<CellResult, "isUnstable">[],
): string {
  const { name, horizonUs, factor, tooShort } = search;
  const where = name === "" ? "" : `${name}: `;
  const unstable = results.filter(({ isUnstable }) => isUnstable).length;
  const piles = unstable === 0 ? "" : `; work piles up in ${unstable} of ${results.length} runs`;
  return `${where}no warm-up is found: within ${formatDuration(horizonUs as Duration)}, ${factor} times the horizon, MSER-5 does not see these settle: ${tooShort.join(", ")}${piles}\n${HINT}`;
}

/** The point of a study's own runs: the warm-up and horizon that the pilot found, as if they had been given. */
export function settledPoint(
  point: StudyPoint,
  horizonUs: number,
  { warmUpUs, lengthFactor }: WarmUpRecord,
): StudyPoint {
  const { request } = point;
  return {
    ...point,
    request: {
      ...request,
      overrides: [...request.overrides, `run.warmup=${warmUpUs}us`],
      horizon: `${horizonUs * lengthFactor}us`,
    },
  };
}

/** The same world with what the pilot found. */
export function settledWorld(
  world: StudiedWorld,
  { warmUpUs, lengthFactor }: WarmUpRecord,
): StudiedWorld {
  const { warmupAuto: _, ...run } = world.run;
  const horizon = ((run.horizon ?? 0) * lengthFactor) as Duration;
  return { ...world, run: { ...run, warmup: warmUpUs as Duration, horizon } };
}

/** The point of a pilot: an alternative that sets a warm-up of its own is looked at from the start too. */
export function withOpenWarmUp(point: StudyPoint): StudyPoint {
  const { request } = point;
  return {
    ...point,
    request: { ...request, overrides: [...request.overrides, "run.warmup=auto"] },
  };
}
