// How often comparisons claim what is not so: identical schedulers, and differences at the margin.
//
// A/A: nothing differs, so every "better" or "worse" is false; at most 5 % of tables may hold one,
// however many alternatives a table has. At the margin, every "equivalent" is false.

import { seededStream } from "../../src/base/index.ts";
import { judgeComparisons } from "../../src/analysis/index.ts";
import { type Audit, type AuditSize, type AuditTable, percent } from "./audit.ts";
import { type KnownLaw, lawNamed } from "./laws.ts";

/** Verdicts under identical alternatives, at the margin, and beyond it. */
export const verdictAudit: Audit = {
  name: "verdicts",
  repeats: 10_000,
  run: (size) => [identical(size), atTheMargin(size)],
};

const NOISE = ["normal", "exponential", "lognormal, sigma 1"].map(lawNamed);

interface Verdicts {
  /** Tables in which at least one alternative was called so. */
  readonly better: number;
  readonly worse: number;
  readonly either: number;
  readonly equivalent: number;
  readonly inconclusive: number;
}

// World plus own noise: pairing takes the world out. The alternatives lag by `shift`.
function verdicts(
  law: KnownLaw,
  n: number,
  alternatives: number,
  repeats: number,
  shift: number,
  margin: number,
): Verdicts {
  const stream = seededStream(`verdicts/${law.name}/${n}/${alternatives}/${shift}/${margin}`);
  const world = lawNamed("lognormal, sigma 1");
  const found = { better: 0, worse: 0, either: 0, equivalent: 0, inconclusive: 0 };
  for (let repeat = 0; repeat < repeats; repeat++) {
    const worlds = Array.from({ length: n }, () => 10 * world.draw(stream));
    const values = (by: number): number[] => worlds.map((value) => value + by + law.draw(stream));
    const baseline = values(0);
    const answers = judgeComparisons(
      Array.from({ length: alternatives }, () => ({
        measure: "pending",
        alternative: "other",
        direction: "lower" as const,
        margin: { kind: "absolute" as const, amount: margin },
        pairing: { baseline, alternative: values(shift) },
        obstacle: null,
      })),
    );
    const kinds = new Set(answers.map(({ verdict }) => verdict?.kind));
    if (kinds.has("better")) found.better += 1;
    if (kinds.has("worse")) found.worse += 1;
    if (kinds.has("better") || kinds.has("worse")) found.either += 1;
    if (kinds.has("equivalent")) found.equivalent += 1;
    if (kinds.has("inconclusive")) found.inconclusive += 1;
  }
  return found;
}

function identical({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  for (const law of NOISE)
    for (const n of [5, 10, 20, 50])
      for (const alternatives of [1, 4]) {
        const { better, worse, either } = verdicts(law, n, alternatives, repeats, 0, 0);
        const rates = [better, worse, either].map((count) => percent(count, repeats));
        rows.push([law.name, String(n), String(alternatives), ...rates]);
      }
  return {
    title: `A/A: tables with a false verdict, ${repeats} tables per row`,
    header: ["noise", "n", "alternatives", "better", "worse", "either"],
    rows,
  };
}

function atTheMargin({ repeats }: AuditSize): AuditTable {
  const rows: string[][] = [];
  const law = lawNamed("normal");
  const margin = 1;
  for (const n of [10, 20, 50])
    for (const shift of [0, 0.5, 1, 2]) {
      const { better, worse, equivalent, inconclusive } = verdicts(
        law,
        n,
        1,
        repeats,
        shift,
        margin,
      );
      const rates = [better, worse, equivalent, inconclusive].map((one) => percent(one, repeats));
      rows.push([String(n), String(shift), ...rates]);
    }
  return {
    title: `Verdicts by true difference, margin 1, normal noise of variance 2 in the differences, ${repeats} comparisons per row`,
    header: ["n", "true difference", "better", "worse", "equivalent", "inconclusive"],
    rows,
  };
}
