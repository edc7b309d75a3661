// What leaves as CSV: text quoted, numbers bare, and no cell that a spreadsheet would run.

import { stringify } from "csv-stringify/browser/esm/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvHeader, csvLine, csvText, EVENTS_CSV, PODS_CSV } from "../../src/report/csv-rows.ts";

describe("CSV rows", () => {
  it("quotes text, leaves numbers bare and missing values empty", () => {
    expect(csvText([["a", 1, null, -2.5, "x,y", 'say "hi"']])).toBe(
      '"a",1,,-2.5,"x,y","say ""hi"""\n',
    );
  });

  const payloads = [
    "=1+1",
    " =1",
    "\n=1",
    '"=1',
    ";=1",
    "\t=1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\0=1",
    "\uFF1D1",
    "\rx",
    "'=1",
    '  "; -1',
  ];
  it.each(payloads)("neutralises %j", (payload) => {
    const cell = csvText([[payload]]);
    expect(cell.startsWith(`"'`)).toBe(true);
    const content = cell.slice(1, -2).replaceAll('""', '"');
    expect(content.slice(1)).toBe(payload);
  });

  it("leaves ordinary names as they are", () => {
    for (const name of [
      "web-0",
      "default",
      "node.kubernetes.io/x",
      "a=b",
      "0/3 nodes are available",
    ]) {
      expect(csvText([[name]])).toBe(`"${name}"\n`);
    }
  });

  it("writes what the package would write, whatever the cells hold", () => {
    // No cell begins a formula here: the package does not know of those.
    const text = fc.string({ unit: fc.constantFrom("a", "0", ",", '"', "\n", "\r", "é", " ") });
    const harmless = text.map((each) => (each === "" ? "" : `a${each}`));
    const cell = fc.oneof(harmless, fc.constant(null), fc.double({ noNaN: true }), fc.integer());
    // A line of one empty cell is told from no line only by the reader's columns.
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(rows, (cells) => {
        expect(csvText(cells)).toBe(stringify(cells, { quoted_string: true, quoted_empty: false }));
      }),
      { seed: 3 },
    );
  });

  it("writes every column of the header, in its order", () => {
    const row = {
      atUs: 5,
      type: "Normal",
      reason: "Scheduled",
      kind: "Pod",
      namespace: "d",
      name: "p",
      from: "s",
      message: "m",
    };
    expect(csvHeader(EVENTS_CSV)).toBe("atUs,type,reason,kind,namespace,name,from,message\n");
    expect(csvLine(EVENTS_CSV, row)).toBe('5,"Normal","Scheduled","Pod","d","p","s","m"\n');
    expect(new Set(PODS_CSV.columns).size).toBe(PODS_CSV.columns.length);
  });
});
