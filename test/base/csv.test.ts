import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CsvOptions, CsvReader, readCsv } from "../../src/base/csv.ts";

const rowsOf = (text: string, options?: CsvOptions): (readonly string[])[] =>
  readCsv(text, options).rows.map(({ cells }) => cells);

describe("readCsv", () => {
  it("reads rows with their line numbers, over lines inside quotes", () => {
    const table = readCsv('a,b\n1,"x\ny"\n\n"2 ""q""",z\n');
    expect(table.header).toEqual(["a", "b"]);
    expect(table.rows).toEqual([
      { cells: ["1", "x\ny"], line: 2 },
      { cells: ['2 "q"', "z"], line: 5 },
    ]);
    expect(table.problems).toEqual([]);
  });

  it.each([",", ";", "\t", "|"])("finds the delimiter %j by itself", (delimiter) => {
    const table = readCsv(
      ["a,b".replace(",", delimiter), "1,2".replace(",", delimiter)].join("\n"),
    );
    expect(table.delimiter).toBe(delimiter);
    expect(table.rows).toEqual([{ cells: ["1", "2"], line: 2 }]);
  });

  it("accepts a mark, CRLF, CR alone, and mixed ends with a note", () => {
    expect(rowsOf("\ufeffa,b\r\n1,2\r\n")).toEqual([["1", "2"]]);
    expect(rowsOf("a,b\r1,2\r3,4")).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    const mixed = readCsv('a,b\r\n1,2\n3,"4"\r\n');
    expect(mixed.rows.map(({ cells }) => cells)).toEqual([
      ["1", "2"],
      ["3", "4"],
    ]);
    expect(mixed.problems).toMatchObject([
      { severity: "note", message: "line ends are mixed (2 CRLF and 1 LF); both are taken" },
    ]);
  });

  it("names line and byte of every ragged row", () => {
    const { problems } = readCsv("a,b\n1\né,2,3\nx,y\n,,\n", { file: "t.csv" });
    expect(problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      "2: 1 columns where the header has 2 (byte 4)",
      "3: 3 columns where the header has 2 (byte 6)",
      "5: 3 columns where the header has 2 (byte 17)",
    ]);
  });

  it("counts faulty rows instead under lenient", () => {
    const table = readCsv('a,b\n1\n1,2\n"x"y,2\n"z",3\n', { lenient: true });
    expect({ rejected: table.rejected, problems: table.problems }).toEqual({
      rejected: 2,
      problems: [],
    });
  });

  it.each([
    ["", "the file is empty: not even a header line"],
    ["a,b,a\n", "the column 'a' stands twice in the header"],
    ["a,b\n", "the column 'c' is missing"],
    ["a,bb,c\n", "the column 'b' is missing"],
    ["a,b,c,d\n", "the column 'd' is not expected"],
  ])("refuses the header %j", (text, message) => {
    const { problems } = readCsv(text, { columns: ["a", "b", "c"], exact: true });
    expect(problems.map((problem) => problem.message)).toContain(message);
  });

  it("takes a header alone as no rows", () => {
    expect(readCsv("a,b\n")).toMatchObject({ rows: [], problems: [] });
    expect(readCsv("1,2\n", { headerless: ["a", "b"] }).rows).toEqual([
      { cells: ["1", "2"], line: 1 },
    ]);
  });

  it("ends an unclosed quote: short ones at the end, long ones after 1 MiB", () => {
    expect(readCsv('a,b\n1,"2\n3,4\n').problems).toMatchObject([
      { line: 2, message: "a quote is opened and never closed (byte 4)" },
    ]);
    let taken = 0;
    const reader = new CsvReader(() => {});
    reader.push('a,b\n1,"');
    while (!reader.hasFailed && taken < 100) {
      reader.push("x".repeat(65_536));
      taken++;
    }
    expect(taken).toBeLessThanOrEqual(20);
    expect(reader.problems).toMatchObject([
      { code: "E_LIMIT_CSV_RECORD", line: 2, hint: "is a quote left open?" },
    ]);
  });

  it("limits records and columns, exactly", () => {
    const limits = { recordLengthMax: 10, columnsMax: 3 };
    const codes = (text: string): string[] =>
      readCsv(text, { limits }).problems.map(({ code }) => code);
    expect(codes("a,b\n12345,7890\n1,2\n")).toEqual([]);
    expect(codes("a,b\n12345,67890\n1,2\n")).toEqual(["E_LIMIT_CSV_RECORD"]);
    expect(codes("a,b,c\n")).toEqual([]);
    expect(codes("a,b,c,d\n")).toEqual(["E_LIMIT_CSV_COLUMNS"]);
  });

  it("refuses a quote that closes too early", () => {
    expect(readCsv('a,b\n"x"y,2\n').problems).toMatchObject([{ code: "E_CSV_ROW", line: 2 }]);
    expect(rowsOf('a,b\nx"y,2\n')).toEqual([['x"y', "2"]]);
  });
});

describe("CsvReader", () => {
  it("gives the same whatever the chunks", () => {
    const cell = fc.constantFrom(
      "",
      "x",
      "é",
      "\u{1f600}",
      '"q""q"',
      '"l\r\nl"',
      '"a,b"',
      "0",
      '"z"',
    );
    const text = fc
      .array(
        fc.tuple(fc.array(cell, { minLength: 1, maxLength: 3 }), fc.constantFrom("\n", "\r\n")),
        { maxLength: 12 },
      )
      .map((rows) => `a,b\n${rows.map(([cells, end]) => cells.join(",") + end).join("")}`);
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (source, size) => {
        const whole = readCsv(source.repeat(2));
        const rows: { cells: readonly string[]; line: number }[] = [];
        const reader = new CsvReader((cells, line) => rows.push({ cells, line }));
        for (let i = 0; i < source.length * 2; i += size)
          reader.push(source.repeat(2).slice(i, i + size));
        reader.end();
        expect({ rows, problems: reader.problems }).toEqual({
          rows: whole.rows,
          problems: whole.problems,
        });
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it("agrees across block borders with a whole read", () => {
    const lines = Array.from({ length: 60_000 }, (_, i) =>
      i % 7 === 0 ? `"r\n${i}",é` : `r${i},x`,
    );
    const text = `a,b\r\n${lines.join("\r\n")}\r\n1\r\n`;
    const cuts = [1_000_003, 262_145, 65_537].map((size) => {
      let count = 0;
      let lineSum = 0;
      const reader = new CsvReader((_, line) => {
        count++;
        lineSum += line;
      });
      for (let i = 0; i < text.length; i += size) reader.push(text.slice(i, i + size));
      reader.end();
      return { count, lineSum, problems: reader.problems };
    });
    expect(cuts[0]!.count).toBe(60_000);
    expect(cuts[1]).toEqual(cuts[0]);
    expect(cuts[2]).toEqual(cuts[0]);
    const byte = new TextEncoder().encode(text).length - 3;
    expect(cuts[0]!.problems).toMatchObject([
      {
        line: 60_002 + Math.ceil(60_000 / 7),
        message: `1 columns where the header has 2 (byte ${byte})`,
      },
    ]);
  });
});
