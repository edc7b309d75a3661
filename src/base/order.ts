// The two comparators that every sort ends in.
//
// Array.prototype.sort without a comparator orders numbers as text, and locale-aware text
// order differs between machines; neither may decide anything in a run.

/** Ascending order of numbers; NaN has no place in any order and is the caller's mistake. */
export function compareNumbers(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Ascending order of text by UTF-16 code unit, the same on every machine and in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
