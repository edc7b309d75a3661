// Solves a small symmetric system by Cholesky's decomposition.
//
// For the handful of controls of a regression; no pivoting, since a covariance matrix needs none.
// Nearly dependent rows are told, not divided by.

/** A pivot below this share of its diagonal is rounding, not news. */
const PIVOT_RATIO_MIN = 1e-10;

/** The x with matrix * x = right; undefined where the rows depend on each other. */
export function solveSymmetric(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const n = right.length;
  const lower: number[][] = [];
  for (let row = 0; row < n; row++) {
    const line: number[] = [];
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row]![column]!;
      const other = column === row ? line : lower[column]!;
      for (let k = 0; k < column; k++) rest -= line[k]! * other[k]!;
      if (column < row) line.push(rest / lower[column]![column]!);
      else if (rest > PIVOT_RATIO_MIN * matrix[row]![row]!) line.push(Math.sqrt(rest));
      else return undefined;
    }
    lower.push(line);
  }
  const x = [...right];
  for (let row = 0; row < n; row++) {
    for (let k = 0; k < row; k++) x[row]! -= lower[row]![k]! * x[k]!;
    x[row]! /= lower[row]![row]!;
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) x[row]! -= lower[k]![row]! * x[k]!;
    x[row]! /= lower[row]![row]!;
  }
  return x;
}
