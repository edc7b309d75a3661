// One gate from runs to findings: which sides there are, which tiers apply, what the baseline holds.
//
// Measuring is in bench-runs.ts and its neighbours, judging in the experiment floor; this puts them in
// order, scenario by scenario and tier by tier.

import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import {
  type BenchBaseline,
  baselineText,
  judgeEquality,
  judgeInstructions,
  judgeOperations,
  judgeStrategies,
  readBaseline,
  STRATEGY_SEEDS_MIN,
} from "../../experiment/index.ts";
import {
  BENCH_SCHEMA_VERSION,
  type BenchAudit,
  type BenchReport,
  type BenchTier,
  type BenchVerdict,
  type ScenarioFinding,
  type TierFinding,
} from "../../metrics/index.ts";
import { CommandFailure, EXIT } from "../exit-codes.ts";
import { printNote, stderrIsTerminal } from "../output.ts";
import { auditGate } from "./bench-audit.ts";
import { type BenchRequest, findBuild } from "./bench-request.ts";
import { type BenchRun, BenchRuns, type BenchSide } from "./bench-runs.ts";
import { countInstructions } from "./instruction-counter.ts";
import { timeSides } from "./timed-pairs.ts";

/** The program this is part of. */
const OWN_MAIN = realpathSync(process.argv[1]!);

/** Runs a gate to its findings. */
export class BenchJob {
  private readonly request: BenchRequest;
  private readonly runs: BenchRuns;
  private readonly head: BenchSide;
  private readonly base: BenchSide | undefined;
  private readonly comparedWith: BenchReport["comparedWith"];

  constructor(request: BenchRequest) {
    this.request = request;
    this.head = { label: "head", main: OWN_MAIN, schedulers: request.schedulers };
    const { against } = request;
    const build = against === undefined ? undefined : findBuild(against);
    if (against === undefined) {
      this.comparedWith = { kind: "baseline", name: request.baseline };
    } else {
      const isBuild = build !== undefined;
      this.comparedWith = { kind: isBuild ? "build" : "strategy", name: against };
      this.base = {
        label: "base",
        main: build ?? OWN_MAIN,
        schedulers: isBuild ? request.schedulers : [against],
      };
    }
    this.refuseTiersWithoutBase();
    this.runs = new BenchRuns(request.passed);
  }

  /** Removes what the runs left, and the line of progress. */
  close(): void {
    this.note("");
    this.runs.close();
  }

  /** Compares every scenario; updates the baseline first if asked to. */
  async execute(): Promise<BenchReport> {
    if (this.request.updateBaseline) await this.updateBaseline();
    const baseline = this.base === undefined ? this.loadBaseline() : undefined;
    const scenarios: ScenarioFinding[] = [];
    for (const scenario of this.request.scenarios) {
      scenarios.push(
        baseline === undefined
          ? await this.compareSides(scenario, this.base!)
          : await this.compareWithBaseline(scenario, baseline),
      );
    }
    const verdicts = scenarios.flatMap(({ tiers }) => tiers.map(({ verdict }) => verdict));
    return {
      schemaVersion: BENCH_SCHEMA_VERSION,
      comparedWith: this.comparedWith,
      verdict: worstOf(verdicts),
      scenarios,
    };
  }

  /** Compares this build with itself, so many times; every flag is a false one. */
  audit(trialsCount: number): Promise<BenchAudit> {
    const { scenarios, seeds = [undefined], pairsCount, tiers = ["A", "B"] } = this.request;
    const note = (text: string): void => this.note(text);
    const plan = { scenarios, seeds, pairsCount, trialsCount, note };
    return auditGate(this.runs, this.head, tiers, plan);
  }

  // --- Against a baseline --------------------------------------------------------------------------

  private loadBaseline(): BenchBaseline {
    const { baseline } = this.request;
    if (!existsSync(baseline))
      throw new CommandFailure(
        EXIT.input,
        `${baseline}: there is no baseline yet\nhint: --update-baseline writes it`,
      );
    return readBaseline(readFileSync(baseline, "utf8"), baseline);
  }

  private async updateBaseline(): Promise<void> {
    const { baseline: file, scenarios } = this.request;
    const baseline = new Map(existsSync(file) ? this.loadBaseline() : []);
    for (const scenario of scenarios) {
      const key = this.keyOf(scenario);
      const known = baseline.get(key)?.map(({ seed }) => seed);
      const runs = await this.sampleAll(
        this.head,
        scenario,
        this.request.seeds ?? known ?? [undefined],
      );
      baseline.set(
        key,
        runs.map(({ sample }) => sample),
      );
    }
    try {
      writeFileSync(file, baselineText(baseline));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
      throw new CommandFailure(EXIT.files, `cannot write ${file}: ${code}`, { cause });
    }
  }

  private async compareWithBaseline(
    scenario: string,
    baseline: BenchBaseline,
  ): Promise<ScenarioFinding> {
    const key = this.keyOf(scenario);
    const known = baseline.get(key);
    const missing = (what: string): CommandFailure =>
      new CommandFailure(
        EXIT.input,
        `${this.request.baseline}: no ${what}\nhint: --update-baseline adds it`,
      );
    if (known === undefined) throw missing(`scenario '${key}'`);
    const seeds = this.request.seeds ?? known.map(({ seed }) => seed);
    const before = seeds.map((seed) => {
      const sample = known.find((one) => one.seed === seed);
      if (sample === undefined) throw missing(`seed '${seed}' of scenario '${key}'`);
      return sample;
    });
    const runs = await this.sampleAll(this.head, scenario, seeds);
    const after = runs.map(({ sample }) => sample);
    const tiers: TierFinding[] = [];
    if (this.wants("A")) tiers.push(judgeEquality(before, after));
    if (this.wants("B")) tiers.push(judgeOperations(before, after));
    return findingOf(key, runs, tiers);
  }

  /** A scenario as baselines call it; with other schedulers it is another entry. */
  private keyOf(scenario: string): string {
    const { schedulers } = this.request;
    return [scenario.replaceAll("\\", "/"), ...schedulers.map((name) => `-s ${name}`)].join(" ");
  }

  // --- Against a build or a strategy -----------------------------------------------------------------

  private async compareSides(scenario: string, base: BenchSide): Promise<ScenarioFinding> {
    const isStrategy = this.comparedWith.kind === "strategy";
    const seeds = this.request.seeds ?? (isStrategy ? STRATEGY_SEEDS : [undefined]);
    const tiers: TierFinding[] = [];
    const after: BenchRun[] = [];
    if (this.wants("A") || this.wants("B")) {
      const before = await this.sampleAll(base, scenario, seeds);
      after.push(...(await this.sampleAll(this.head, scenario, seeds)));
      const samples = [before, after].map((runs) => runs.map(({ sample }) => sample)) as [
        BenchRun["sample"][],
        BenchRun["sample"][],
      ];
      const results = [before, after].map((runs) => runs.map(({ result }) => result)) as [
        BenchRun["result"][],
        BenchRun["result"][],
      ];
      if (this.wants("A"))
        tiers.push(isStrategy ? judgeStrategies(...results) : judgeEquality(...samples));
      if (this.wants("B")) tiers.push(judgeOperations(...samples));
    }
    if (this.wants("C")) {
      this.note(`${scenario}: tier C`);
      const counts = await countInstructions(this.runs, base, this.head, scenario);
      tiers.push(judgeInstructions(counts));
    }
    if (this.wants("D")) {
      const { pairsCount } = this.request;
      const note = (text: string): void => this.note(text);
      const plan = { scenario, seed: seeds[0], pairsCount, note };
      tiers.push(await timeSides(this.runs, base, this.head, plan));
    }
    return findingOf(this.keyOf(scenario), after, tiers);
  }

  // --- Both ------------------------------------------------------------------------------------------

  private wants(tier: BenchTier): boolean {
    const { tiers } = this.request;
    if (tiers !== undefined) return tiers.includes(tier);
    return this.base !== undefined || tier === "A" || tier === "B";
  }

  private refuseTiersWithoutBase(): void {
    const { tiers = [], audit } = this.request;
    const needing = tiers.filter((tier) => tier === "C" || tier === "D");
    if (this.base !== undefined || audit !== undefined || needing.length === 0) return;
    throw new CommandFailure(
      EXIT.usage,
      `tier ${needing.join(" and ")} compares two builds side by side: give --against, a baseline holds no times`,
    );
  }

  private async sampleAll(
    side: BenchSide,
    scenario: string,
    seeds: readonly (string | undefined)[],
  ): Promise<BenchRun[]> {
    const found: BenchRun[] = [];
    for (const seed of seeds) {
      this.note(`${scenario}: ${side.label}${seed === undefined ? "" : `, seed ${seed}`}`);
      found.push(await this.runs.sample(side, scenario, seed));
    }
    return found;
  }

  private note(text: string): void {
    if (!this.request.quiet && stderrIsTerminal()) printNote(`\r\u001b[K${text}`);
  }
}

const STRATEGY_SEEDS: readonly string[] = Array.from({ length: STRATEGY_SEEDS_MIN }, (_, at) =>
  String(at + 1),
);

function findingOf(
  scenario: string,
  runs: readonly BenchRun[],
  tiers: readonly TierFinding[],
): ScenarioFinding {
  return {
    scenario,
    seeds: runs.map(({ sample }) => sample.seed),
    decisionsCount: runs.reduce((sum, { sample }) => sum + sample.decisionsCount, 0),
    tiers,
  };
}

/** One failure fails the gate; what is unavailable decides nothing unless nothing else is there. */
function worstOf(verdicts: readonly BenchVerdict[]): BenchVerdict {
  const order: readonly BenchVerdict[] = ["fail", "inconclusive", "pass"];
  return order.find((verdict) => verdicts.includes(verdict)) ?? "unavailable";
}
