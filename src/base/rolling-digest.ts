// A 64-bit digest that is fed piece by piece: the fingerprint of a run.
//
// It tells equal runs from different ones and costs a few integer operations per word. It is not
// cryptographic: whoever wants to forge a fingerprint can. For that there is sha256.ts.

import { doubleFromWords, highWord, lowWord } from "./double-bits.ts";

// Odd multipliers, so that each step maps the 64-bit state one to one for a given word.
const MULTIPLIER_A = 0x9e3779b1;
const MULTIPLIER_B = 0x85ebca6b;
const MULTIPLIER_C = 0xc2b2ae35;
const MULTIPLIER_D = 0x27d4eb2f;

const CANONICAL_NAN = doubleFromWords(0x7ff80000, 0);

/** Digest over a sequence of words, numbers and texts; equal sequences give equal text. */
export class RollingDigest {
  private upper = 0x243f6a88; // first bits of pi: any fixed start will do
  private lower = 0x05a308d3;
  private wordCount = 0;

  /** Adds the lower 32 bits of an integer. */
  addUint32(word: number): void {
    const mixed = Math.imul(word ^ this.upper, MULTIPLIER_A);
    const upper = (((mixed << 15) | (mixed >>> 17)) + this.lower) | 0;
    const crossed = Math.imul(this.lower ^ Math.imul(word, MULTIPLIER_C), MULTIPLIER_B);
    this.lower = Math.imul(((crossed << 13) | (crossed >>> 19)) ^ upper, MULTIPLIER_D);
    this.upper = upper;
    this.wordCount++;
  }

  /** Adds a number by its 64 bits; 0 and -0 are one number, and so are all NaNs. */
  addNumber(value: number): void {
    const plain = Number.isNaN(value) ? CANONICAL_NAN : value + 0;
    this.addUint32(highWord(plain));
    this.addUint32(lowWord(plain));
  }

  /** Adds a text with its length, so that "ab", "c" differs from "a", "bc". */
  addText(text: string): void {
    const { length } = text;
    this.addUint32(length);
    let index = 0;
    for (; index + 1 < length; index += 2) {
      this.addUint32(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
    }
    if (index < length) this.addUint32(text.charCodeAt(index));
  }

  /** The digest of everything added so far: 16 hexadecimal digits. More may be added afterwards. */
  hex(): string {
    let upper = finish(this.upper ^ this.wordCount);
    let lower = finish(this.lower ^ (this.wordCount / 2 ** 32));
    upper = finish((upper + lower) | 0);
    lower = finish((lower + upper) | 0);
    return hex32(upper) + hex32(lower);
  }
}

/** Spreads every bit of a word over all of it, one to one. */
function finish(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), MULTIPLIER_B);
  mixed = Math.imul(mixed ^ (mixed >>> 13), MULTIPLIER_C);
  return mixed ^ (mixed >>> 16);
}

function hex32(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
