// The gate held against itself: one build in both places, many times over. Whatever it flags is false.
//
// Tiers A and B may flag nothing at all, since runs are deterministic; tier D is statistics and may flag
// one comparison in twenty.

import { judgeEquality, judgeOperations } from "../../experiment/index.ts";
import {
  BENCH_SCHEMA_VERSION,
  type BenchAudit,
  type BenchTier,
  type BenchVerdict,
} from "../../metrics/index.ts";
import type { BenchRun, BenchRuns, BenchSide } from "./bench-runs.ts";
import { timeSides } from "./timed-pairs.ts";

/** Largest share of false flags. */
const RESULTS_FLAGGED_MAX = 0;
const TIMES_FLAGGED_MAX = 0.05;

/** What is compared with itself, and how often. */
interface AuditPlan {
  readonly scenarios: readonly string[];
  /** Undefined: the scenario's own. */
  readonly seeds: readonly (string | undefined)[];
  readonly pairsCount: number;
  readonly trialsCount: number;
  /** Told before each process. */
  note(text: string): void;
}

/** Audits the tiers asked for; C counts what A and B cannot, and is not audited. */
export async function auditGate(
  runs: BenchRuns,
  side: BenchSide,
  tiers: readonly BenchTier[],
  plan: AuditPlan,
): Promise<BenchAudit> {
  const found: BenchAudit["tiers"][number][] = [];
  const { trialsCount } = plan;
  if (tiers.includes("A") || tiers.includes("B")) {
    const flaggedCount = await countFlaggedResults(runs, side, plan);
    const flaggedRatioMax = RESULTS_FLAGGED_MAX;
    found.push({ tiers: "A,B", trialsCount, flaggedCount, inconclusiveCount: 0, flaggedRatioMax });
  }
  if (tiers.includes("D")) {
    const verdicts = await judgeOwnTimes(runs, side, plan);
    const countOf = (wanted: BenchVerdict): number =>
      verdicts.filter((verdict) => verdict === wanted).length;
    found.push({
      tiers: "D",
      trialsCount,
      flaggedCount: countOf("fail"),
      inconclusiveCount: countOf("inconclusive"),
      flaggedRatioMax: TIMES_FLAGGED_MAX,
    });
  }
  return { schemaVersion: BENCH_SCHEMA_VERSION, scenarios: plan.scenarios, tiers: found };
}

/** Every trial is a run of its own, held against the first one of its scenario and seed. */
async function countFlaggedResults(
  runs: BenchRuns,
  side: BenchSide,
  { scenarios, seeds, trialsCount, note }: AuditPlan,
): Promise<number> {
  const firsts = new Map<string, BenchRun>();
  let flaggedCount = 0;
  for (let trial = 0; trial < trialsCount; trial++) {
    const scenario = scenarios[trial % scenarios.length]!;
    const seed = seeds[Math.floor(trial / scenarios.length) % seeds.length];
    note(`tiers A and B: trial ${trial + 1} of ${trialsCount}`);
    const key = JSON.stringify([scenario, seed]);
    const first = firsts.get(key) ?? (await runs.sample(side, scenario, seed));
    firsts.set(key, first);
    const again = await runs.sample(side, scenario, seed);
    const isSame = judgeEquality([first.sample], [again.sample]).verdict === "pass";
    const isNoMore = judgeOperations([first.sample], [again.sample]).verdict === "pass";
    if (!isSame || !isNoMore) flaggedCount++;
  }
  return flaggedCount;
}

async function judgeOwnTimes(
  runs: BenchRuns,
  side: BenchSide,
  { scenarios, seeds, pairsCount, trialsCount, note }: AuditPlan,
): Promise<BenchVerdict[]> {
  const verdicts: BenchVerdict[] = [];
  for (let trial = 0; trial < trialsCount; trial++) {
    const scenario = scenarios[trial % scenarios.length]!;
    const tell = (text: string): void => note(`trial ${trial + 1} of ${trialsCount}: ${text}`);
    const plan = { scenario, seed: seeds[0], pairsCount, note: tell };
    verdicts.push((await timeSides(runs, side, side, plan)).verdict);
  }
  return verdicts;
}
