// Holds exp, ln, log1p and pow against integers of 200 bits, and pins their last bits by a hash.

import { describe, expect, it } from "vitest";
import { exp, ln, log1p, pow } from "../../src/base/exact-math.ts";
import { doubleFromWords } from "../../src/base/double-bits.ts";
import { RollingDigest } from "../../src/base/rolling-digest.ts";
import { trueExp, trueLn, trueLog1p, truePow, ulpsFrom } from "./high-precision.ts";

/** A small portable generator: the inputs must be the same on every machine. */
function createWords(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    return (word ^ (word >>> 16)) >>> 0;
  };
}

const SEED = 20260101;

/** Any positive finite double: every exponent equally often, subnormal ones among them. */
function positiveDouble(word: () => number): number {
  const exponent = word() % 2047;
  return doubleFromWords((exponent << 20) | (word() & 0xfffff), word());
}

const unit = (word: () => number): number => (word() + 0.5) / 2 ** 32 + word() / 2 ** 64;
const signed = (word: () => number): number => (word() & 1 ? 1 : -1);
/** Without the platform's power, which another engine may round otherwise. */
const powerOfTwo = (exponent: number): number => doubleFromWords((exponent + 1023) << 20, 0);
/** 2 to a random power between the bounds, with a random mantissa. */
const spreadBetween = (low: number, high: number) => (word: () => number) => {
  const exponent = low + (word() % (high - low));
  return (1 + unit(word)) * powerOfTwo(exponent);
};

type Inputs = (word: () => number) => number;
const nearZero: Inputs = (word) => signed(word) * spreadBetween(-70, -1)(word);
const nearOne: Inputs = (word) => 1 + signed(word) * spreadBetween(-53, -2)(word);

const EXP_INPUTS: readonly Inputs[] = [
  (word) => -746 + unit(word) * (746 + 710),
  (word) => -745.2 + unit(word) * 40, // results are subnormal
  nearZero,
  (word) => signed(word) * spreadBetween(-6, 4)(word),
];
const LN_INPUTS: readonly Inputs[] = [
  positiveDouble,
  (word) => doubleFromWords(word() & 0xfffff, word()), // subnormal
  nearOne,
  (word) => 2 * unit(word),
];
const LOG1P_INPUTS: readonly Inputs[] = [
  nearZero,
  (word) => -unit(word), // from -1 to 0
  (word) => -1 + powerOfTwo(-1 - (word() % 53)),
  positiveDouble,
];
const POW_INPUTS: readonly (readonly [Inputs, Inputs])[] = [
  [(word) => 10 * unit(word), (word) => 200 * (unit(word) - 0.5)],
  [positiveDouble, (word) => 2 * (unit(word) - 0.5)],
  [nearOne, (word) => signed(word) * spreadBetween(0, 60)(word)],
  [(word) => unit(word), (word) => 1 / (0.05 + unit(word))],
  [(word) => 1 + (word() % 40), (word) => (word() % 40) - 20],
];

function inputFor(families: readonly Inputs[], index: number, word: () => number): number {
  return families[index % families.length]!(word);
}

describe("exact math is within one unit in the last place of the true value", () => {
  const SAMPLES = 250_000; // of each function: a million in all
  // The bounds are tighter than one unit: 0.76 allows for results rounded twice (subnormal ones).
  const cases: readonly [
    string,
    readonly Inputs[],
    (x: number) => number,
    typeof trueExp,
    number,
  ][] = [
    ["exp", EXP_INPUTS, exp, trueExp, 0.76],
    ["ln", LN_INPUTS, ln, trueLn, 0.51],
    ["log1p", LOG1P_INPUTS, log1p, trueLog1p, 0.51],
  ];
  it.each(cases)("%s", (_name, families, own, truth, bound) => {
    const word = createWords(SEED);
    let worst = 0;
    let worstAt = 0;
    let compared = 0;
    for (let index = 0; index < SAMPLES; index++) {
      const x = inputFor(families, index, word);
      const result = own(x);
      if (!Number.isFinite(result)) continue; // beyond the range: covered by the special values
      const error = ulpsFrom(result, truth(x));
      compared++;
      if (error > worst) [worst, worstAt] = [error, x];
    }
    expect(compared).toBeGreaterThan(SAMPLES * 0.95);
    expect(worst, `worst at ${worstAt} (seed ${SEED})`).toBeLessThan(bound);
  });

  it("pow", () => {
    const word = createWords(SEED);
    let worst = 0;
    let worstAt = "";
    let compared = 0;
    for (let index = 0; index < SAMPLES; index++) {
      const [bases, exponents] = POW_INPUTS[index % POW_INPUTS.length]!;
      const base = bases(word);
      const exponent = exponents(word);
      const result = pow(base, exponent);
      if (!Number.isFinite(result) || result === 0) continue;
      const error = ulpsFrom(result, truePow(base, exponent));
      compared++;
      if (error > worst) [worst, worstAt] = [error, `${base} ** ${exponent}`];
    }
    expect(compared).toBeGreaterThan(SAMPLES * 0.8);
    expect(worst, `worst at ${worstAt} (seed ${SEED})`).toBeLessThan(0.76);
  });

  it("the oracle itself knows e, ln 2 and the square root of 2", () => {
    expect(ulpsFrom(Math.E, trueExp(1))).toBeLessThan(0.5);
    expect(ulpsFrom(Math.LN2, trueLn(2))).toBeLessThan(0.5);
    expect(ulpsFrom(Math.SQRT2, truePow(2, 0.5))).toBeLessThan(0.5);
    expect(ulpsFrom(Math.E + 2 ** -51, trueExp(1))).toBeGreaterThan(0.5);
  });
});

describe("special values", () => {
  const N = Number.NaN;
  const I = Number.POSITIVE_INFINITY;
  type Pairs = readonly (readonly [number, number])[];
  const cases: readonly [string, (x: number) => number, Pairs][] = [
    [
      "exp",
      exp,
      [
        [N, N],
        [I, I],
        [-I, 0],
        [0, 1],
        [-0, 1],
        [710, I],
        [-746, 0],
        [5e-324, 1],
      ],
    ],
    [
      "exp",
      exp,
      [
        [709.782712893384, 1.7976931348622732e308],
        [709.7827128933841, I],
        [-1e300, 0],
      ],
    ],
    [
      "exp",
      exp,
      [
        [-745.1332191019411, 5e-324],
        [-745.1332191019412, 0],
        [1e300, I],
      ],
    ],
    [
      "ln",
      ln,
      [
        [N, N],
        [I, I],
        [-I, N],
        [0, -I],
        [-0, -I],
        [-1, N],
        [1, 0],
        [-5e-324, N],
      ],
    ],
    [
      "log1p",
      log1p,
      [
        [N, N],
        [I, I],
        [-I, N],
        [0, 0],
        [-0, -0],
        [-1, -I],
        [-1.5, N],
      ],
    ],
    [
      "log1p",
      log1p,
      [
        [5e-324, 5e-324],
        [-5e-324, -5e-324],
      ],
    ],
  ];
  it.each(cases)("of %s", (_name, own, pairs) => {
    for (const [x, expected] of pairs) expect(own(x), `at ${x}`).toBe(expected);
  });

  it("pow agrees with the platform on every pair of special values, IEEE's two pairs excepted", () => {
    const values = [0, 1, 2, 3, 0.5, 1.5, 1e300, 5e-324, 2 ** 53, 2 ** 53 - 1, I].flatMap((x) => [
      x,
      -x,
    ]);
    values.push(N);
    let compared = 0;
    for (const base of values) {
      for (const exponent of values) {
        const platform = base ** exponent;
        const isSpecial = platform === 0 || !Number.isFinite(platform) || Math.abs(platform) === 1;
        if (!isSpecial) continue;
        const isOneByIeee =
          base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY);
        expect(pow(base, exponent), `${base} ** ${exponent}`).toBe(isOneByIeee ? 1 : platform);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(400);
  });

  it("pow of small whole numbers is exact", () => {
    for (let base = -12; base <= 12; base++) {
      let product = 1;
      for (let exponent = 0; exponent <= 14; exponent++) {
        expect(pow(base, exponent)).toBe(product);
        product *= base;
      }
    }
  });
});

describe("golden hash of a million inputs", () => {
  const MILLION = 1_000_000;
  it.each([
    ["exp", EXP_INPUTS, exp, "976b726646106030"],
    ["ln", LN_INPUTS, ln, "118ad6f2101b7c10"],
    ["log1p", LOG1P_INPUTS, log1p, "fa991faf486f63b3"],
  ] as const)("%s", (_name, families, own, golden) => {
    const word = createWords(SEED);
    const digest = new RollingDigest();
    for (let index = 0; index < MILLION; index++) {
      digest.addNumber(own(inputFor(families, index, word)));
    }
    expect(digest.hex()).toBe(golden);
  });

  it("pow", () => {
    const word = createWords(SEED);
    const digest = new RollingDigest();
    for (let index = 0; index < MILLION; index++) {
      const [bases, exponents] = POW_INPUTS[index % POW_INPUTS.length]!;
      digest.addNumber(pow(bases(word), exponents(word)));
    }
    expect(digest.hex()).toBe("4bef2b9f6212b185");
  });
});
