// Portable integer hashes of text and of entities, the keys of everything that is drawn.
//
// The same on every engine. Not cryptographic, and no guard against chosen collisions: names of
// a scenario are its author's own.

import { AssertionError } from "./assert.ts";

const MULTIPLIER_A = 0x85ebca6b;
const MULTIPLIER_B = 0xc2b2ae35;
const UPPER_BITS = 21;
const UPPER_MASK = 2 ** UPPER_BITS - 1;
const UPPER_SCALE = 2 ** 32;

/**
 * Names the owner of random draws: an integer from 0 to 2 ** 53 - 1. Wider than 32 bits (keep it
 * in a Float64Column), so that ten million entities share a hash with probability below 1 %.
 */
export type EntityHash = number;

/** A 32-bit hash of `text` by its UTF-16 code units, as an unsigned integer. */
export function hashText32(text: string, seed = 0): number {
  let hash = seed ^ Math.imul(text.length, MULTIPLIER_B);
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = (hash << 11) | (hash >>> 21);
  }
  return spread(hash) >>> 0;
}

/** A 53-bit hash of the path of an owner; the first half of `entityHash`. */
export function hashPath(path: string): number {
  const upper = hashText32(path, 0x3c6ef372) & UPPER_MASK;
  return upper * UPPER_SCALE + hashText32(path, 0x1b873593);
}

/**
 * The hash of entity number `ordinal` of the owner named by `path`, for instance the pods of one
 * workload in order of creation. Two ordinals of one path never share a hash.
 */
export function entityHash(path: string, ordinal: number): EntityHash {
  return entityHashFrom(hashPath(path), ordinal);
}

/** The same from a path that was hashed before, for owners of many entities. */
export function entityHashFrom(pathHash: number, ordinal: number): EntityHash {
  if (ordinal >>> 0 !== ordinal) {
    throw new AssertionError(`Not an ordinal below 2 ** 32: ${ordinal}`);
  }
  const pathLower = pathHash | 0;
  const pathUpper = (pathHash / UPPER_SCALE) | 0;
  // One to one in the ordinal for a given path, which is why ordinals of a path never collide.
  const lower = spread(spread(pathLower ^ ordinal) + pathUpper) >>> 0;
  const upper = spread(Math.imul(ordinal ^ pathUpper, MULTIPLIER_A) + pathLower) >>> 11;
  return upper * UPPER_SCALE + lower;
}

/** Spreads every bit of a word over all of it, one to one. */
function spread(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), MULTIPLIER_A);
  mixed = Math.imul(mixed ^ (mixed >>> 13), MULTIPLIER_B);
  return mixed ^ (mixed >>> 16);
}
