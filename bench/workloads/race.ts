// Evaluators side by side on the full-profile workload: one cluster each, the same stream, in turns.
//
// Unlike a benchmark of the harness a cluster is built once and goes on from slice to slice, so that
// 100,000 nodes can be measured. Each evaluator makes as many decisions per slice as fill it; every
// chunk of decisions that two of them have both made must have the same hash.

import { cpuMs } from "../harness/slices.ts";
import { median } from "../harness/statistics.ts";
import type { EvaluatorName } from "./evaluators.ts";
import { type FullProfileOptions, FullProfileRun } from "./full-profile.ts";
import type { RecordedDecision } from "./recorded-decisions.ts";

/** What is measured. */
export interface RaceOptions {
  readonly workload: Omit<FullProfileOptions, "evaluator" | "comparedWith">;
  readonly evaluators: readonly EvaluatorName[];
  readonly slices: number;
  readonly sliceMs: number;
  /** CPU milliseconds before the first slice: 1,500, which compiles the fast evaluators. */
  readonly warmUpMs?: number;
}

/** One evaluator's figures. */
export interface RaceFigures {
  readonly evaluator: EvaluatorName;
  readonly decisions: number;
  /** Median over the slices of CPU microseconds per decision, with bind, departure and upkeep. */
  readonly cpuUs: number;
  /** Largest slice divided by smallest. */
  readonly spread: number;
  readonly placed: number;
  readonly preempted: number;
  readonly single: number;
  readonly tied: number;
  readonly visits: number;
  /** Nodes that were really looked at, over all decisions: an index looks at few. */
  readonly touched: number;
  /** Attempts of preemptors and crowds that fitted nowhere; the median of their CPU microseconds. */
  readonly attempts: number;
  readonly attemptUs: number;
  /** CPU milliseconds to build the cluster. */
  readonly buildMs: number;
}

/** All evaluators on one workload. */
export interface Race {
  /** Hash over the chunks that all of them made. */
  readonly hash: string;
  readonly sharedDecisions: number;
  readonly figures: readonly RaceFigures[];
}

/** Decisions between two looks at the clock, and of one hash. */
const CHUNK = 20;
/** Before the first slice: slow evaluators need decisions, fast ones time, until their code is compiled. */
const WARM_UP_MS = 1_500;
const WARM_UP_DECISIONS = 200;

/** Runs the evaluators in turns; throws where two of them decide otherwise. */
export function race(options: RaceOptions): Race {
  const { workload, ...rest } = options;
  return raceWorkloads({ ...rest, workloads: [workload] })[0]!;
}

/** Several workloads in turns, so that their costs can be compared with each other as well. */
export interface WorkloadsRaceOptions extends Omit<RaceOptions, "workload"> {
  readonly workloads: readonly RaceOptions["workload"][];
  /** Makes the first decisions of each workload too, untimed, so that one evaluator has a hash to match. */
  readonly witness?: EvaluatorName;
}

/** The same with every evaluator on every workload; one result per workload, in their order. */
export function raceWorkloads(options: WorkloadsRaceOptions): readonly Race[] {
  const { workloads, evaluators, witness, slices, sliceMs } = options;
  const groups = workloads.map((workload) => {
    const lanes = evaluators.map((name) => new Lane(name, workload));
    return { lanes, witness: witness === undefined ? undefined : new Lane(witness, workload) };
  });
  const all = groups.flatMap(({ lanes }) => lanes);
  for (const lane of all) {
    lane.run(Math.max(options.warmUpMs ?? WARM_UP_MS, sliceMs), WARM_UP_DECISIONS);
    lane.costsUs.length = 0; // the warm-up's
  }
  for (let slice = 0; slice < slices; slice++) {
    // ABBA: whoever came last begins, so that a drift of the machine favours nobody.
    for (const lane of slice % 2 === 0 ? all : [...all].reverse()) lane.run(sliceMs);
  }
  for (const group of groups) group.witness?.run(0, WARM_UP_DECISIONS);
  return groups.map((group) => resultOf(group.lanes, group.witness));
}

function resultOf(lanes: readonly Lane[], witness: Lane | undefined): Race {
  const compared = witness === undefined ? lanes : [...lanes, witness];
  const chunks = Math.min(...compared.map(({ hashes }) => hashes.length));
  const [first] = lanes as readonly [Lane];
  for (const lane of compared) lane.expectSame(first);
  return {
    hash: first.hashes[chunks - 1]!,
    sharedDecisions: chunks * CHUNK,
    figures: lanes.map((lane) => lane.figures()),
  };
}

/**
 * CPU microseconds per decision of the workload and the cache alone: the stream is decided once by the
 * index, and again by whoever knows those decisions, the second half of it measured.
 */
export function measureDriver(workload: RaceOptions["workload"], decisions: number): number {
  const recorded: RecordedDecision[] = [];
  const first = new FullProfileRun({ ...workload, evaluator: "indexed" });
  const half = Math.ceil(decisions / 2);
  first.prepare(2 * half);
  first.advance(half, ({ decision }) => recorded.push(recordOf(decision)));
  const { hash } = first.advance(half, ({ decision }) => recorded.push(recordOf(decision)));
  const second = new FullProfileRun({ ...workload, recorded });
  second.prepare(2 * half);
  second.advance(half);
  const startMs = cpuMs();
  const again = second.advance(half);
  const usedMs = cpuMs() - startMs;
  if (again.hash !== hash) throw new Error("The recorded decisions made another stream.");
  return (usedMs * 1_000) / half;
}

function recordOf(decision: RecordedDecision): RecordedDecision {
  const { node, score, feasibleCount, evaluatedCount, nextStart, tieCount } = decision;
  return { node, score, feasibleCount, evaluatedCount, nextStart, tieCount };
}

class Lane {
  readonly costsUs: number[] = [];
  /** Rolling hash after each chunk. */
  readonly hashes: string[] = [];
  private readonly name: EvaluatorName;
  private readonly stream: FullProfileRun;
  private readonly buildMs: number;
  private readonly totals = { placed: 0, preempted: 0, single: 0, tied: 0, visits: 0, touched: 0 };

  constructor(name: EvaluatorName, workload: RaceOptions["workload"]) {
    const startMs = cpuMs();
    this.name = name;
    this.stream = new FullProfileRun({ ...workload, evaluator: name, timesAttempts: true });
    this.buildMs = cpuMs() - startMs;
  }

  /** Chunks until so much CPU time is used and so many decisions are made; one slice. */
  run(sliceMs: number, decisionsMin = 0): void {
    let usedMs = 0;
    let decisions = 0;
    while (usedMs < sliceMs || decisions < decisionsMin) {
      this.stream.prepare(CHUNK);
      const { operations } = this.stream.world.cache;
      const touchedBefore = operations.nodesTouched;
      const startMs = cpuMs();
      const stretch = this.stream.advance(CHUNK);
      usedMs += cpuMs() - startMs;
      decisions += CHUNK;
      this.hashes.push(rollingHash(this.hashes.at(-1) ?? "", stretch.hash));
      const { totals } = this;
      totals.placed += stretch.placed;
      totals.preempted += stretch.preempted;
      totals.single += stretch.single;
      totals.tied += stretch.tied;
      totals.visits += stretch.visits;
      totals.touched += operations.nodesTouched - touchedBefore;
    }
    this.costsUs.push((usedMs * 1_000) / decisions);
  }

  expectSame(other: Lane): void {
    const count = Math.min(this.hashes.length, other.hashes.length);
    for (let at = 0; at < count; at++) {
      if (this.hashes[at] === other.hashes[at]) continue;
      throw new Error(
        `${this.name} and ${other.name} differ within decisions ${at * CHUNK + 1} to ${(at + 1) * CHUNK}; ` +
          "FullProfileRun with comparedWith says where.",
      );
    }
  }

  figures(): RaceFigures {
    const { costsUs, totals } = this;
    const { attemptUs } = this.stream;
    return {
      evaluator: this.name,
      decisions: this.hashes.length * CHUNK,
      cpuUs: median(costsUs),
      spread: Math.max(...costsUs) / Math.min(...costsUs),
      ...totals,
      attempts: attemptUs.length,
      attemptUs: attemptUs.length === 0 ? 0 : median(attemptUs),
      buildMs: this.buildMs,
    };
  }
}

function rollingHash(before: string, next: string): string {
  const old = Number.parseInt(before === "" ? "811c9dc5" : before, 16);
  return (Math.imul(old ^ Number.parseInt(next, 16), 0x01000193) >>> 0)
    .toString(16)
    .padStart(8, "0");
}
