// Verdicts in arrays answer as the ones in a map do.

import { describe, expect, it } from "vitest";
import { DenseStatuses } from "../../../../src/scheduler/evaluator/fused/dense-statuses.ts";
import { NodeStatuses } from "../../../../src/scheduler/framework/node-statuses.ts";
import {
  type Status,
  unresolvable,
  unschedulable,
} from "../../../../src/scheduler/framework/status.ts";
import type { NodeRow } from "../../../../src/scheduler/index.ts";
import { Dice } from "../random-world.ts";

const KINDS: readonly Status[] = [
  unschedulable("A", "full"),
  unschedulable("B", "taken"),
  unresolvable("A", "never"),
];
const ABSENT = unresolvable("", "not looked at");

describe("dense statuses", () => {
  it("equal a map of the same verdicts in every question", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const dice = new Dice(seed);
      const rows: NodeRow[] = [];
      for (let row = 2; row < 40; row++)
        if (dice.percent(50)) rows.splice(dice.below(rows.length + 1), 0, row as NodeRow);
      const statuses = rows.map(() => dice.of(KINDS));
      const absent = dice.percent(50) ? ABSENT : undefined;
      const dense = new DenseStatuses(rows, statuses, absent);
      const plain = new NodeStatuses();
      if (absent !== undefined) plain.absent = absent;
      for (const [at, row] of rows.entries()) plain.set(row, statuses[at]!);
      const where = `seed ${seed}`;
      expect(dense.explicitCount, where).toBe(plain.explicitCount);
      expect([...dense.entries()], where).toEqual([...plain.entries()]);
      expect(new Map(dense.distinct()), where).toEqual(new Map(plain.distinct()));
      for (let row = 2; row < 42; row++) {
        expect(dense.get(row as NodeRow), where).toEqual(plain.get(row as NodeRow));
        expect(dense.explicit(row as NodeRow), where).toEqual(plain.explicit(row as NodeRow));
      }
    }
  });

  it("take no verdict afterwards", () => {
    expect(() => new DenseStatuses([], [], undefined).set()).toThrow("final");
  });
});
