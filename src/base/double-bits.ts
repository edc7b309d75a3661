// The 64 bits of a double, as two 32-bit halves, the same on every byte order.
//
// Needed where bits matter rather than values: digests, and taking exponents apart.

const doubleCell = new Float64Array(1);
const wordCells = new Uint32Array(doubleCell.buffer);

// Which of the two words holds sign and exponent depends on the machine's byte order.
doubleCell[0] = 1;
const HIGH = wordCells[1] === 0 ? 0 : 1;
const LOW = 1 - HIGH;

/** Sign, exponent and the upper 20 bits of the fraction of `value`, as an unsigned integer. */
export function highWord(value: number): number {
  doubleCell[0] = value;
  return wordCells[HIGH]!;
}

/** The lower 32 bits of the fraction of `value`, as an unsigned integer. */
export function lowWord(value: number): number {
  doubleCell[0] = value;
  return wordCells[LOW]!;
}

/** The double with these two halves. */
export function doubleFromWords(high: number, low: number): number {
  wordCells[HIGH] = high;
  wordCells[LOW] = low;
  return doubleCell[0]!;
}
