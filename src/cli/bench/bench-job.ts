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
import { type BenchRequest, findBuild } from "./bench-request.ts";
import { type BenchRun, BenchRuns, type BenchSide } from "./bench-runs.ts";
import { countInstructions } from "./instruction-counter.ts";
import { timeSides } from "./timed-pairs.ts";

/** The program this is part of. */
const OWN_MAIN = realpathSync(process.argv[1]!);

/** Share of A/A trials that each tier may flag. */
const AUDIT_ALLOWANCE = { results: 0, times: 0.05 };

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

  /** Removes what the runs left. */
  close(): void {
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
  async audit(trialsCount: number): Promise<BenchAudit> {
    const { scenarios, seeds = [undefined], pairsCount } = this.request;
    const tiers = this.request.tiers ?? ["A", "B"];
    const found: BenchAudit["tiers"][number][] = [];
    const results = tiers.filter((tier) => tier === "A" || tier === "B");
    if (results.length > 0) {
      let flaggedCount = 0;
      const firsts = new Map<string, BenchRun>();
      for (let trial = 0; trial < trialsCount; trial++) {
        const scenario = scenarios[trial % scenarios.length]!;
        const seed = seeds[Math.floor(trial / scenarios.length) % seeds.length];
        this.note(`tiers ${results.join("")}: trial ${trial + 1} of ${trialsCount}`);
        const key = JSON.stringify([scenario, seed]);
        const first = firsts.get(key) ?? (await this.runs.sample(this.head, scenario, seed));
        firsts.set(key, first);
        const again = await this.runs.sample(this.head, scenario, seed);
        const findings = [
          judgeEquality([first.sample], [again.sample]),
          judgeOperations([first.sample], [again.sample]),
        ];
        if (findings.some(({ verdict }) => verdict !== "pass")) flaggedCount++;
      }
      const flaggedRatioMax = AUDIT_ALLOWANCE.results;
      const name = results.join(",");
      found.push({ tiers: name, trialsCount, flaggedCount, inconclusiveCount: 0, flaggedRatioMax });
    }
    if (tiers.includes("D")) {
      const verdicts: BenchVerdict[] = [];
      for (let trial = 0; trial < trialsCount; trial++) {
        const scenario = scenarios[trial % scenarios.length]!;
        const note = (text: string): void => this.note(`trial ${trial + 1}: ${text}`);
        const plan = { scenario, seed: seeds[0], pairsCount, note };
        verdicts.push((await timeSides(this.runs, this.head, this.head, plan)).verdict);
      }
      const countOf = (wanted: BenchVerdict): number =>
        verdicts.filter((verdict) => verdict === wanted).length;
      found.push({
        tiers: "D",
        trialsCount,
        flaggedCount: countOf("fail"),
        inconclusiveCount: countOf("inconclusive"),
        flaggedRatioMax: AUDIT_ALLOWANCE.times,
      });
    }
    return { schemaVersion: BENCH_SCHEMA_VERSION, scenarios, tiers: found };
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
    const { baseline: file, scenarios, seeds = [undefined] } = this.request;
    const known = existsSync(file) ? this.loadBaseline() : new Map();
    const baseline = new Map(known);
    for (const scenario of scenarios) {
      const runs = await this.sampleAll(this.head, scenario, seeds);
      baseline.set(
        this.keyOf(scenario),
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
