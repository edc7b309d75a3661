// ArrivalBins: samples of the cluster gathered by how much demand has arrived, 0 to 130 per cent.
//
// One sample after each arrival. Roundings are those of the published tables, made with Python:
// halves go to the even neighbour, and samples are rounded before they are averaged.

/** The last column. */
export const LAST_PERCENT = 130;

/** The cluster after an arrival. Thousandths of GPUs; `fragmentedMilli` is an expectation. */
export interface ArrivalSample {
  readonly arrivedMilli: number;
  readonly allocatedMilli: number;
  readonly idleMilli: number;
  readonly fragmentedMilli: number;
}

/** One row of each table: the cells of columns 0 to 130, in per cent; NaN where nothing arrived. */
export interface FgdRows {
  /** GPU allocated, of all GPUs. */
  readonly allocation: readonly number[];
  /** GPU fragmented, of all GPUs. */
  readonly fragmentation: readonly number[];
  /** GPU fragmented, of those that are idle. */
  readonly fragmentationRatio: readonly number[];
}

interface Bin {
  count: number;
  allocationSum: number;
  fragmentedSum: number;
  ratioSum: number;
}

/** Gathers samples, then makes the rows. */
export class ArrivalBins {
  private readonly gpuCount: number;
  private readonly bins: readonly Bin[] = Array.from({ length: LAST_PERCENT + 2 }, createBin);

  /** @param gpuCount GPUs of the whole cluster. */
  constructor(gpuCount: number) {
    this.gpuCount = gpuCount;
  }

  /** Samples beyond the last column count for its empty-bin rule only. */
  add(sample: ArrivalSample): void {
    const percent = roundHalfToEven(sample.arrivedMilli / this.gpuCount / 10);
    const bin = this.bins[percent];
    if (bin === undefined) return;
    bin.count++;
    bin.allocationSum += roundToCents(sample.allocatedMilli / this.gpuCount / 10);
    bin.fragmentedSum += roundToCents(sample.fragmentedMilli);
    bin.ratioSum += roundToCents((100 * sample.fragmentedMilli) / sample.idleMilli);
  }

  rows(): FgdRows {
    const cells = Array.from({ length: LAST_PERCENT + 1 }, (_, percent) => this.binFor(percent));
    return {
      allocation: cells.map((bin) => roundMean(bin.allocationSum / bin.count)),
      fragmentation: cells.map(({ fragmentedSum, count }) =>
        roundMean((100 * (fragmentedSum / count)) / 1000 / this.gpuCount),
      ),
      fragmentationRatio: cells.map((bin) => bin.ratioSum / bin.count),
    };
  }

  /** The column's own samples, or those of the columns beside it where it has none. */
  private binFor(percent: number): Bin {
    const own = this.bins[percent]!;
    if (own.count > 0) return own;
    const joined = createBin();
    for (const bin of [this.bins[percent - 1], own, this.bins[percent + 1]]) {
      if (bin === undefined) continue;
      joined.count += bin.count;
      joined.allocationSum += bin.allocationSum;
      joined.fragmentedSum += bin.fragmentedSum;
      joined.ratioSum += bin.ratioSum;
    }
    return joined;
  }
}

function createBin(): Bin {
  return { count: 0, allocationSum: 0, fragmentedSum: 0, ratioSum: 0 };
}

/** The nearest integer, the even one of two equally near; not below 0. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Two decimals of the exact value of a double; ties, which are multiples of 1/8, go to the even one. */
export function roundToCents(value: number): number {
  const eighths = value * 8;
  if (Number.isInteger(eighths)) return roundHalfToEven(value * 100) / 100;
  return Number(value.toFixed(2));
}

/** As an array library rounds means: scaled, to the even neighbour, and back. */
function roundMean(value: number): number {
  return roundHalfToEven(value * 100) / 100;
}
