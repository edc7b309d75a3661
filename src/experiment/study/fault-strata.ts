// Replications chosen by how many machines fail, so that rare failures are seen without many runs.
//
// Whether a machine fails at all within the run follows from its first drawn up time alone, so each
// replication's stratum is known before it runs, and its probability from the law. Replications are taken
// in order, the first of each stratum; estimates give each stratum the weight that it has by nature.
// Failure rates are never changed.

import { type Estimate, estimateStratified, type Study } from "../../analysis/index.ts";
import { EntityDraws, entityHash, type Law, lawFromSpec, streamName } from "../../base/index.ts";
import { nodeNameOfPool, type Scenario, type VariedPart } from "../scenario/scenario.ts";
import { estimateRuns } from "./cell-estimates.ts";
import type { CellResult } from "./study-cell.ts";

/** One stratum with the replications that were chosen from it; plain, so that a store can keep it. */
export interface FaultStratum {
  /** Machines that fail at least once: from, and up to (null: or more). */
  readonly machinesMin: number;
  readonly machinesMax: number | null;
  readonly probability: number;
  readonly replications: readonly number[];
}

/** Replications per stratum that an interval needs. */
const PER_STRATUM = 5;
/** A stratum is closed when it is as likely as this... */
const COMMON = 0.1;
/** ...and one less likely than this is part of its neighbour. */
const RAREST = 1e-4;

/** Machines with one law of up times. */
interface FailingPool {
  readonly purpose: string;
  readonly names: readonly string[];
  readonly upTime: Law;
  readonly fromUs: number;
  readonly endUs: number;
}

/** Strata with `count` replications in all, or why there are none. */
export function faultStrata(
  scenario: Scenario,
  varied: readonly VariedPart[],
  count: number,
): FaultStratum[] | string {
  if (!varied.includes("faults")) return "faults do not vary";
  const pools = failingPools(scenario);
  if (typeof pools === "string") return pools;
  const strata = binned(failingCounts(pools));
  if (strata.length < 2) return "the number of machines that fail is nearly always the same";
  const needed = strata.length * PER_STRATUM;
  if (count < needed)
    return `${strata.length} strata need ${needed} replications or more, not ${count}`;
  const wanted = allocated(
    strata.map(({ probability }) => probability),
    count,
  );
  return chosen(scenario.run.seed, pools, strata, wanted);
}

function failingPools({ run, cluster, faults }: Scenario): FailingPool[] | string {
  const { horizon } = run;
  if (horizon === undefined) return "the run has no horizon within which machines fail";
  const pools: FailingPool[] = [];
  for (const [position, fault] of faults.entries()) {
    if (fault.kind !== "NodeFailures") continue;
    const pool = cluster.nodePools.find(({ name }) => name === fault.pool);
    const { law } = lawFromSpec(fault.upTimeSeconds);
    if (pool === undefined || law === undefined)
      return `how often machines of ${fault.pool} fail is not known`;
    if (fault.start === "stationary")
      return `machines of ${fault.pool} begin in the middle of their lives (start: stationary)`;
    pools.push({
      purpose: `faults/${fault.pool}#${position}`,
      names: Array.from({ length: pool.count }, (_, at) => nodeNameOfPool(pool, at)),
      upTime: law,
      fromUs: fault.from,
      endUs: Math.min(fault.until ?? horizon, horizon),
    });
  }
  return pools.length === 0 ? "no machine fails by a law (NodeFailures)" : pools;
}

/** Probability of each number of failing machines. */
function failingCounts(pools: readonly FailingPool[]): number[] {
  let chances = [1];
  for (const { names, upTime, fromUs, endUs } of pools) {
    const fails = endUs <= fromUs ? 0 : upTime.cdf((endUs - fromUs) / 1_000_000);
    for (let machine = 0; machine < names.length; machine++)
      chances = [...chances, 0].map(
        (chance, at) => chance * (1 - fails) + (at === 0 ? 0 : chances[at - 1]! * fails),
      );
  }
  return chances;
}

type Bin = Omit<FaultStratum, "replications">;

/** Neighbouring counts together until they are common; what is left at the end is one more. */
function binned(chances: readonly number[]): Bin[] {
  const bins: Bin[] = [];
  let left = 1;
  let machinesMin = 0;
  let sum = 0;
  for (const [machines, chance] of chances.entries()) {
    sum += chance;
    if (sum < COMMON || left - sum < RAREST) continue;
    bins.push({ machinesMin, machinesMax: machines, probability: sum });
    left -= sum;
    machinesMin = machines + 1;
    sum = 0;
  }
  const probability = 1 - bins.reduce((total, bin) => total + bin.probability, 0);
  return [...bins, { machinesMin, machinesMax: null, probability }];
}

/** Half in equal parts, half by probability; what rounding leaves goes to the likeliest. */
function allocated(probabilities: readonly number[], count: number): number[] {
  const counts = probabilities.map((probability) =>
    Math.max(PER_STRATUM, Math.floor((count * (probability + 1 / probabilities.length)) / 2)),
  );
  const mostOf = (values: readonly number[]): number => values.indexOf(Math.max(...values));
  let rest = count - counts.reduce((total, one) => total + one, 0);
  for (; rest > 0; rest--) counts[mostOf(probabilities)]! += 1;
  for (; rest < 0; rest++) counts[mostOf(counts)]! -= 1;
  return counts;
}

function chosen(
  seed: string,
  pools: readonly FailingPool[],
  bins: readonly Bin[],
  wanted: readonly number[],
): FaultStratum[] {
  const strata = bins.map((bin) => ({ ...bin, replications: [] as number[] }));
  let missing = wanted.reduce((total, one) => total + one, 0);
  for (let replication = 0; missing > 0; replication++) {
    const machines = failingIn(seed, pools, replication);
    const at = bins.findIndex(({ machinesMax }) => machinesMax === null || machines <= machinesMax);
    const { replications } = strata[at]!;
    if (replications.length === wanted[at]) continue;
    replications.push(replication);
    missing -= 1;
  }
  return strata;
}

/** Machines whose first failure falls within the run: the first draw of each, as the run takes it. */
function failingIn(seed: string, pools: readonly FailingPool[], replication: number): number {
  let count = 0;
  for (const { purpose, names, upTime, fromUs, endUs } of pools) {
    const draws = new EntityDraws(streamName(seed, replication, purpose));
    for (const name of names) {
      const entity = entityHash(name, 0);
      const upUs = Math.round(upTime.sample((k) => draws.unit(entity, k)) * 1_000_000);
      if (fromUs + Math.max(1, upUs) < endUs) count += 1;
    }
  }
  return count;
}

/** The weighted estimate of measure number `at`; `runs` stand in the order of the strata. */
export function stratifiedEstimate(
  study: Study,
  strata: readonly FaultStratum[],
  runs: readonly CellResult[],
  at: number,
  confidence: number,
): Estimate {
  const plain = estimateRuns(study, runs, at, confidence);
  if (plain.kind === "absent") return plain;
  let from = 0;
  const parts = strata.map(({ probability, replications }) => {
    const values = runs
      .slice(from, from + replications.length)
      .map((run) => run.measures[at]!.value!);
    from += replications.length;
    return { probability, values };
  });
  return estimateStratified(parts, confidence);
}

/** Strata as a record tells them. */
export function strataToldOf(
  strata: readonly FaultStratum[],
): readonly (Bin & { readonly replicationsCount: number })[] {
  return strata.map(({ replications, ...bin }) => ({
    ...bin,
    replicationsCount: replications.length,
  }));
}
