// Estimates over independent replications, compared with theory in standard errors.

/** Replications per quantity; the protocol asks for at least 40. */
export const REPLICATIONS = 40;

/** Largest distance from theory, in standard errors. */
export const Z_MAX = 4.5;

/** Distance of the mean of replications from theory, in standard errors. */
function zScore(estimates: readonly number[], theory: number): number {
  const count = estimates.length;
  const mean = estimates.reduce((sum, value) => sum + value, 0) / count;
  const squares = estimates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return (mean - theory) / Math.sqrt(squares / (count - 1) / count);
}

/** z of every quantity; `runs[r]` holds the estimates of replication r by quantity. */
export function zScores<Q extends string>(
  runs: readonly Readonly<Record<Q, number>>[],
  theory: Readonly<Record<Q, number>>,
): Record<Q, number> {
  const names = Object.keys(theory) as Q[];
  const scores = names.map((name) => [
    name,
    zScore(
      runs.map((run) => run[name]),
      theory[name],
    ),
  ]);
  return Object.fromEntries(scores) as Record<Q, number>;
}

/** The largest absolute z. */
export function worst(scores: Readonly<Record<string, number>>): number {
  return Math.max(...Object.values(scores).map(Math.abs));
}
