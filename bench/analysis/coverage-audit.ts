// How often intervals cover the truth: by measure, law, number of replications and method.
//
// 95 % is asked of every interval. Near-normal means must keep it; what keeps less is printed with
// what it really covers.

import { ln, type RandomStream, seededStream, streamName } from "../../src/base/index.ts";
import {
  bootstrapMean,
  type Estimate,
  estimateByBatches,
  estimateMean,
  estimateRatio,
  medianUnbiasedQuantile,
  nearestRankQuantile,
} from "../../src/analysis/index.ts";
import { type Audit, type AuditSize, type AuditTable, percent } from "./audit.ts";
import { LAWS, lawNamed, meanWait, waitingTimes, waitQuantile } from "./laws.ts";

/** Means and ratios over replications; quantiles within them; batch means of one run. */
export const coverageAudits: readonly Audit[] = [
  { name: "coverage-means", repeats: 10_000, run: (size) => [means(size), ratios(size)] },
  { name: "coverage-bootstrap", repeats: 10_000, run: (size) => [bootstraps(size)] },
  { name: "coverage-quantiles", repeats: 10_000, run: (size) => [quantiles(size)] },
  { name: "coverage-queue", repeats: 10_000, run: (size) => [queueQuantiles(size)] },
  { name: "coverage-batches", repeats: 10_000, run: (size) => [batches(size)] },
];

/** Resamples per interval in this audit, fewer than the default, for the sake of its length. */
const RESAMPLES = 2_000;

class Coverage {
  private covered = 0;
  private tooLow = 0;
  private tooHigh = 0;
  private intervals = 0;
  private all = 0;
  private widths = 0;

  add(estimate: Estimate, truth: number): void {
    this.all += 1;
    if (estimate.kind !== "interval") return;
    this.intervals += 1;
    this.widths += (estimate.high - estimate.low) / 2;
    if (estimate.high < truth) this.tooLow += 1;
    else if (estimate.low > truth) this.tooHigh += 1;
    else this.covered += 1;
  }

  /** Coverage, misses on either side, mean half-width, share without an interval. */
  cells(): string[] {
    return [
      percent(this.covered, this.intervals),
      percent(this.tooLow, this.intervals),
      percent(this.tooHigh, this.intervals),
      (this.widths / Math.max(1, this.intervals)).toPrecision(3),
      percent(this.all - this.intervals, this.all),
    ];
  }
}

const FOUND = ["covered", "below truth", "above truth", "half-width", "no interval"] as const;

function means({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  for (const law of LAWS)
    for (const n of [5, 10, 20, 50]) {
      const stream = seededStream(`coverage/mean/${law.name}/${n}`);
      const student = new Coverage();
      for (let repeat = 0; repeat < repeats; repeat++) {
        const values = Array.from({ length: n }, () => law.draw(stream));
        student.add(estimateMean(values), law.mean);
      }
      rows.push([law.name, String(law.skewness), String(n), ...student.cells()]);
    }
  return {
    title: `Mean of n replications, Student's interval, ${repeats} studies per row`,
    header: ["law", "skewness", "n", ...FOUND],
    rows,
  };
}

function bootstraps({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  for (const law of LAWS.filter(({ name }) => name !== "uniform"))
    for (const n of [10, 20, 50]) {
      const stream = seededStream(`coverage/bootstrap/${law.name}/${n}`);
      const found = new Coverage();
      for (let repeat = 0; repeat < repeats; repeat++) {
        const values = Array.from({ length: n }, () => law.draw(stream));
        const name = streamName(`coverage/${law.name}/${n}`, repeat, "bootstrap");
        found.add(bootstrapMean(values, { stream: name, resamplesCount: RESAMPLES }), law.mean);
      }
      rows.push([law.name, String(law.skewness), String(n), ...found.cells()]);
    }
  return {
    title: `Mean of n replications, BCa bootstrap of ${RESAMPLES} resamples, ${repeats} studies per row`,
    header: ["law", "skewness", "n", ...FOUND],
    rows,
  };
}

// Cost per pod: the pods of a replication vary, and its cost follows them with some noise.
function ratios({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  const [pods, noise] = [lawNamed("gamma, shape 4"), lawNamed("exponential")];
  const truth = 2 + 1 / 4; // cost = 2 * pods + exponential of mean 1, pods of mean 4
  for (const n of [5, 10, 20, 50]) {
    const stream = seededStream(`coverage/ratio/${n}`);
    const jackknife = new Coverage();
    const meanOfRatios = new Coverage();
    for (let repeat = 0; repeat < repeats; repeat++) {
      const bottom = Array.from({ length: n }, () => pods.draw(stream));
      const top = bottom.map((value) => 2 * value + noise.draw(stream));
      jackknife.add(estimateRatio(top, bottom), truth);
      meanOfRatios.add(estimateMean(top.map((value, at) => value / bottom[at]!)), truth);
    }
    rows.push([String(n), "jackknife", ...jackknife.cells()]);
    rows.push([String(n), "mean of ratios (not offered)", ...meanOfRatios.cells()]);
  }
  return {
    title: `Ratio of means over n replications, ${repeats} studies per row`,
    header: ["n", "method", ...FOUND],
    rows,
  };
}

// Only the upper part of the uniforms is sorted: quantiles of a law are the law's at those of them.
function upperOrder(stream: RandomStream, count: number, probability: number): number[] {
  const spread = Math.sqrt((probability * (1 - probability)) / count);
  const from = probability - 8 * spread;
  const upper: number[] = [];
  for (let draw = 0; draw < count; draw++) {
    const unit = stream.nextUnit();
    if (unit > from) upper.push(unit);
  }
  upper.sort((a, b) => a - b);
  // Whatever lies below is never looked at; it only counts.
  return [...new Array<number>(count - upper.length).fill(0), ...upper];
}

function quantiles({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  const inverse = (unit: number): number => -ln(1 - unit);
  for (const [probability, sizes] of [
    [0.95, [200, 1_000]],
    [0.99, [1_000, 5_000]],
  ] as const)
    for (const observations of sizes)
      for (const n of [5, 20]) {
        const stream = seededStream(`coverage/quantile/${probability}/${observations}/${n}`);
        const [unbiased, byRank] = [new Coverage(), new Coverage()];
        for (let repeat = 0; repeat < repeats; repeat++) {
          const types: [number[], number[]] = [[], []];
          for (let run = 0; run < n; run++) {
            const order = upperOrder(stream, observations, probability);
            const waits = order.map((unit) => (unit === 0 ? 0 : inverse(unit)));
            types[0].push(medianUnbiasedQuantile(waits, probability));
            types[1].push(nearestRankQuantile(waits, probability));
          }
          unbiased.add(estimateMean(types[0]), inverse(probability));
          byRank.add(estimateMean(types[1]), inverse(probability));
        }
        const head = [`p${100 * probability}`, String(observations), String(n)];
        rows.push([...head, "median-unbiased", ...unbiased.cells()]);
        rows.push([...head, "nearest rank", ...byRank.cells()]);
      }
  return {
    title: `Quantile of independent exponential waits within a replication, mean over n replications, ${repeats} studies per row`,
    header: ["quantile", "observations", "n", "method", ...FOUND],
    rows,
  };
}

function queueQuantiles({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  const [load, observations, n] = [0.8, 2_000, 20];
  const stream = seededStream("coverage/queue quantile");
  const found = [0.95, 0.99].map((probability) => ({ probability, coverage: new Coverage() }));
  for (let repeat = 0; repeat < repeats; repeat++) {
    const values: number[][] = [[], []];
    for (let run = 0; run < n; run++) {
      const waits = Float64Array.from(waitingTimes(stream, load, observations, false)).sort();
      for (const [at, { probability }] of found.entries())
        values[at]!.push(medianUnbiasedQuantile([...waits], probability));
    }
    for (const [at, { probability, coverage }] of found.entries())
      coverage.add(estimateMean(values[at]!), waitQuantile(load, probability));
  }
  for (const { probability, coverage } of found)
    rows.push([`p${100 * probability}`, String(observations), String(n), ...coverage.cells()]);
  return {
    title: `Quantile of waits in M/M/1 at load ${load} (dependent within a replication), ${repeats} studies per row`,
    header: ["quantile", "observations", "n", ...FOUND],
    rows,
  };
}

function batches({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  for (const load of [0.5, 0.8, 0.9])
    for (const length of [2_000, 20_000, 200_000]) {
      const stream = seededStream(`coverage/batches/${load}/${length}`);
      const coverage = new Coverage();
      for (let repeat = 0; repeat < repeats; repeat++) {
        const waits = waitingTimes(stream, load, length, false);
        coverage.add(estimateByBatches(waits).estimate, meanWait(load));
      }
      rows.push([String(load), String(length), ...coverage.cells()]);
    }
  return {
    title: `Batch means of waits in one run of M/M/1, ${repeats} runs per row`,
    header: ["load", "customers", ...FOUND],
    rows,
  };
}
