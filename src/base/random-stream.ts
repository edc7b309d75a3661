// Named streams of random numbers: the name is the seed, so equal names give equal numbers.
//
// The only importer of seedrandom, whose Alea generator starts every stream. For one quantity
// drawn in turn by one consumer; whatever belongs to an entity is drawn by entity-draws.ts.

import alea from "seedrandom/lib/alea.js";
import { assert } from "./assert.ts";

/** A sequence of random numbers. */
export interface RandomStream {
  /** The next number strictly between 0 and 1, with 53 random bits; so is 1 minus it. */
  nextUnit(): number;
  /** The next integer from 0 to 2 ** 32 - 1. */
  nextUint32(): number;
}

/** Starts the stream called `name` from its beginning. */
export function seededStream(name: string): RandomStream {
  const generator = alea(name);
  return {
    nextUnit() {
      let unit = generator.double();
      while (unit === 0) unit = generator.double(); // once in 2 ** 53 draws
      return unit;
    },
    nextUint32() {
      return generator.int32() >>> 0;
    },
  };
}

/**
 * The name of the stream for one purpose in one replication: "seed/replication/purpose". Slashes
 * within `seed` are escaped, so two different triples never share a name.
 */
export function streamName(seed: string, replication: number, purpose: string): string {
  assert(Number.isSafeInteger(replication), `Not a replication number: ${replication}`);
  return `${seed.replaceAll("%", "%25").replaceAll("/", "%2F")}/${replication}/${purpose}`;
}
