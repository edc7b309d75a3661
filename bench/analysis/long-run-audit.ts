// Warm-up and overload on a queue whose long-run state is known.
//
// M/M/1 at load 0.9 started empty is the acceptance test of MSER-5: the mean of what is kept may be
// off by at most 1 % at 50 replications. Overload must be seen above load 1 and not below.

import { seededStream } from "../../src/base/index.ts";
import { averageAcross, findStudyWarmUp, findWarmUp, judgeLoad } from "../../src/analysis/index.ts";
import { type Audit, type AuditSize, type AuditTable, percent } from "./audit.ts";
import { meanWait, waitingTimes } from "./laws.ts";

/** MSER-5 on M/M/1, and the overload check. */
export const longRunAudit: Audit = {
  name: "long-run",
  repeats: 400,
  run: (size) => [warmUps(size), loads(size)],
};

const LOAD = 0.9;
const REPLICATIONS = 50;

interface Bias {
  plain: number;
  kept: number;
  keptSquares: number;
  cuts: number;
  doubled: number;
  tooShort: number;
  used: number;
}

function warmUps({ repeats }: AuditSize): AuditTable {
  const rows = [1_000, 2_500, 5_000, 10_000, 20_000].map((length) => {
    const found = studyBias(length, repeats);
    const truth = meanWait(LOAD);
    const ratio = found.kept / found.used / truth - 1;
    const variance = found.keptSquares / found.used - (found.kept / found.used) ** 2;
    const error = Math.sqrt(variance / found.used) / truth;
    return [
      String(length),
      `${(100 * (found.plain / repeats / truth - 1)).toFixed(2)} %`,
      `${(100 * ratio).toFixed(2)} %`,
      `${(100 * error).toFixed(2)} %`,
      (found.cuts / found.used).toFixed(0),
      percent(found.doubled, repeats),
      percent(found.tooShort, repeats),
    ];
  });
  return {
    title: `MSER-5 on M/M/1 at load ${LOAD} started empty, ${REPLICATIONS} replications averaged, ${repeats} studies per row`,
    header: [
      "customers",
      "bias uncut",
      "bias of what is kept",
      "its standard error",
      "mean cut",
      "doubled",
      "too short",
    ],
    rows,
  };
}

function studyBias(length: number, repeats: number): Bias {
  const bias: Bias = {
    plain: 0,
    kept: 0,
    keptSquares: 0,
    cuts: 0,
    doubled: 0,
    tooShort: 0,
    used: 0,
  };
  const stream = seededStream(`long run/${length}`);
  for (let repeat = 0; repeat < repeats; repeat++) {
    let series: number[] = [];
    const warmUp = findStudyWarmUp((factor) => {
      const runs = Array.from({ length: REPLICATIONS }, () =>
        waitingTimes(stream, LOAD, length * factor, true),
      );
      series = averageAcross(runs);
      if (factor === 1) bias.plain += meanFrom(series, 0);
      return [series];
    });
    if (warmUp.lengthFactor > 1) bias.doubled += 1;
    if (warmUp.kind === "too-short") {
      bias.tooShort += 1;
      continue;
    }
    const mean = meanFrom(series, warmUp.observationsCount);
    bias.used += 1;
    bias.kept += mean;
    bias.keptSquares += mean * mean;
    bias.cuts += warmUp.observationsCount;
  }
  return bias;
}

function meanFrom(series: readonly number[], from: number): number {
  let sum = 0;
  for (let at = from; at < series.length; at++) sum += series[at]!;
  return sum / (series.length - from);
}

function loads({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  const runs = 5 * repeats;
  for (const load of [0.5, 0.8, 0.9, 0.95, 1.02, 1.05, 1.1])
    for (const length of [2_000, 20_000]) {
      const stream = seededStream(`overload/${load}/${length}`);
      let unstable = 0;
      let tooShort = 0;
      for (let run = 0; run < runs; run++) {
        const waits = waitingTimes(stream, load, length, true);
        if (judgeLoad(waits).kind === "unstable") unstable += 1;
        if (findWarmUp(waits).kind === "too-short") tooShort += 1;
      }
      rows.push([String(load), String(length), percent(unstable, runs), percent(tooShort, runs)]);
    }
  return {
    title: `Overload seen in one run of M/M/1 by its unfinished work, ${runs} runs per row`,
    header: ["load", "customers", "called unstable", "warm-up not found"],
    rows,
  };
}
