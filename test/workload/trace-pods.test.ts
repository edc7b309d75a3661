// Claims about pods in columns: what goes in comes out, by instant and row, whatever their number.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TracePod } from "../../src/workload/trace.ts";
import { TracePodTable } from "../../src/workload/trace-pods.ts";

const podAt = (row: number, submittedUs: number): TracePod => ({
  name: `pod-${row}`,
  namespace: `n${row % 3}`,
  submittedUs,
  durationUs: row % 4 === 0 ? undefined : row,
  template: row % 5,
});

function tableOf(pods: readonly TracePod[]): TracePodTable {
  const table = new TracePodTable();
  for (const pod of pods) table.add(pod);
  table.orderByInstant();
  return table;
}

describe("pods in columns", () => {
  it.each([0, 1, 1023, 1024, 1025, 3000])(
    "%i pods come out as they went in, by instant and row",
    (count) => {
      const pods = Array.from({ length: count }, (_, row) => podAt(row, (row * 7919) % 100));
      const expected = pods.toSorted((a, b) => a.submittedUs - b.submittedUs);
      const table = tableOf(pods);
      expect(table.length).toBe(count);
      expect([...table]).toEqual(expected);
      expect(table.at(count)).toBeUndefined();
      if (count > 0) expect(table.at(count - 1)).toEqual(expected.at(-1));
    },
  );

  it("keep any names and instants up to 2^53", () => {
    const rows = fc.array(fc.record({ name: fc.string({ unit: "binary" }), at: fc.maxSafeNat() }), {
      maxLength: 50,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const pods = list.map(({ name, at }, row) => ({ ...podAt(row, at), name }));
        expect([...tableOf(pods)]).toEqual(pods.toSorted((a, b) => a.submittedUs - b.submittedUs));
      }),
    );
  });
});
