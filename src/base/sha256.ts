// SHA-256 (FIPS 180-4) on 32-bit integers: content-hash ids and result hashes.
//
// Own code because the platform's hash is a Node module or asynchronous. Not meant for secrets.

import { utf8Bytes } from "./utf8.ts";

const BLOCK_BYTES = 64;
const ROUNDS = 64;

/** The SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 hexadecimal digits. */
export function sha256Hex(input: Uint8Array | string): string {
  const bytes = typeof input === "string" ? utf8Bytes(input) : input;
  const state = Int32Array.from(INITIAL_STATE);
  const schedule = new Int32Array(ROUNDS);
  const wholeBytes = bytes.length - (bytes.length % BLOCK_BYTES);
  for (let offset = 0; offset < wholeBytes; offset += BLOCK_BYTES) {
    compress(state, bytes, offset, schedule);
  }
  const tail = paddedTail(bytes, wholeBytes);
  for (let offset = 0; offset < tail.length; offset += BLOCK_BYTES) {
    compress(state, tail, offset, schedule);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The bytes after the last whole block, a one bit, zeros, and the length in bits. */
function paddedTail(bytes: Uint8Array, from: number): Uint8Array {
  const rest = bytes.length - from;
  const tail = new Uint8Array(rest + 9 <= BLOCK_BYTES ? BLOCK_BYTES : 2 * BLOCK_BYTES);
  tail.set(bytes.subarray(from));
  tail[rest] = 0x80;
  let bits = bytes.length * 8;
  for (let index = tail.length - 1; bits > 0; index--) {
    tail[index] = bits % 256;
    bits = Math.floor(bits / 256);
  }
  return tail;
}

function compress(state: Int32Array, bytes: Uint8Array, offset: number, w: Int32Array): void {
  for (let t = 0; t < 16; t++) {
    const at = offset + 4 * t;
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }
  for (let t = 16; t < ROUNDS; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3);
    const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10);
    w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < ROUNDS; t++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[t]! + w[t]!) | 0;
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function rotr(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

// The standard defines its constants as the first 32 fraction bits of the square roots (initial
// state) and cube roots (rounds) of the first primes; they are derived here the same way.
const PRIMES = firstPrimes(ROUNDS);
const INITIAL_STATE = PRIMES.slice(0, 8).map((prime) => rootFractionBits(prime, 2));
const ROUND_CONSTANTS = Int32Array.from(PRIMES, (prime) => rootFractionBits(prime, 3));

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

/** The first 32 bits after the binary point of the square or cube root, as a signed integer. */
function rootFractionBits(n: number, degree: 2 | 3): number {
  const target = BigInt(n) << BigInt(32 * degree);
  let root = 0n;
  for (let bit = 1n << 37n; bit > 0n; bit >>= 1n) {
    if ((root | bit) ** BigInt(degree) <= target) root |= bit;
  }
  return Number(BigInt.asIntN(32, root));
}
