// The fingerprint tells any two different histories apart and nothing else.

import { expect, it } from "vitest";
import type { Instant } from "../../src/base/index.ts";
import { Fingerprint } from "../../src/engine/index.ts";
import type { FingerprintValue } from "../../src/engine/index.ts";

type Row = [number, string, ...FingerprintValue[]];

function fingerprintOf(rows: readonly Row[]): string {
  const fingerprint = new Fingerprint();
  for (const [atUs, object, ...values] of rows)
    fingerprint.addRow(atUs as Instant, object, ...values);
  return fingerprint.hex();
}

it("is equal for equal rows and stays readable while it grows", () => {
  const rows: Row[] = [
    [1, "pods/default/a", "node-1", 5],
    [2, "pods/default/b", null, true],
  ];
  expect(fingerprintOf(rows)).toBe(fingerprintOf(rows));
  const growing = new Fingerprint();
  growing.addRow(1 as Instant, "pods/default/a", "node-1", 5);
  expect(growing.hex()).toBe(fingerprintOf(rows.slice(0, 1)));
  growing.addRow(2 as Instant, "pods/default/b", null, true);
  expect(growing.hex()).toBe(fingerprintOf(rows));
  expect(growing.rowCount).toBe(2);
});

it("differs in instant, object, value, type, order and row border", () => {
  const histories: Row[][] = [
    [],
    [[1, "a", 1]],
    [[2, "a", 1]],
    [[1, "b", 1]],
    [[1, "a", 2]],
    [[1, "a", "1"]],
    [[1, "a", true]],
    [[1, "a", null]],
    [[1, "a", false]],
    [[1, "a", 0.5]],
    [[1, "a", 2 ** 40]],
    [[1, "a", ""]],
    [[1, "a"]],
    [
      [1, "a"],
      [1, "b"],
    ],
    [
      [1, "b"],
      [1, "a"],
    ],
    [[1, "ab"]],
    [[1, "a", "b"]],
  ];
  expect(new Set(histories.map(fingerprintOf)).size).toBe(histories.length);
});
