import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/base/json.ts";

describe("readJson", () => {
  it("gives the value JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        const { documents, problems } = readJson(text);
        expect(problems).toEqual([]);
        const plain = JSON.stringify(documents[0]!.value, (_, value: unknown) =>
          typeof value === "bigint" ? Number(value) : value,
        );
        expect(plain).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 1000, seed: 11 },
    );
  });

  it("refuses exactly the texts that JSON.parse refuses", () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\ 01-+.eE\n\tux'.split(""),
      "true",
      "null",
      '"a"',
      "12",
      "\\u00e9",
      "\u0007",
    );
    const text = fc.array(piece, { maxLength: 12 }).map((pieces) => `[${pieces.join("")}]`);
    let accepted = 0;
    fc.assert(
      fc.property(text, (source) => {
        let parses = true;
        try {
          JSON.parse(source);
        } catch {
          parses = false;
        }
        const { documents, problems } = readJson(source);
        const reads = problems.length === 0 && documents.length === 1;
        if (parses) accepted++;
        // Half surrogates, duplicate keys and infinities are refused on top of the grammar.
        if (problems.every(({ code }) => code === "E_SYNTAX")) expect(reads).toBe(parses);
      }),
      { numRuns: 20_000, seed: 12 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it.each([
    ['{"a": 1,}', 1, 9, "not JSON: a comma before '}'"],
    ["[1, 2", 1, 6, "not JSON: expected ',' or ']'"],
    ['{"a" 1}', 1, 6, "not JSON: expected ':' after the key"],
    ["{a: 1}", 1, 2, "not JSON: expected a key in double quotes"],
    ['{\n  "a": tru\n}', 2, 8, "not JSON: expected a JSON value"],
    ["[01]", 1, 2, "not JSON: malformed number"],
    ['["a\tb"]', 1, 4, "not JSON: control characters in a text must be escaped"],
    ['"\\ud800"', 1, 2, "half of a surrogate pair is no character"],
    ["[1e999]", 1, 2, "the number is too large"],
    ['{"a":', 1, 6, "not JSON: the text ends inside a value"],
  ])("places the fault of %s", (text, line, column, message) => {
    expect(readJson(text, { file: "f.json" }).problems).toMatchObject([
      { file: "f.json", line, column, message, severity: "error" },
    ]);
  });

  it("finds duplicate keys, however they are escaped", () => {
    const text = '{\n "a": {"x": 1},\n "b": {"k": 1, "\\u006b": 2},\n "a": 2\n}';
    expect(
      readJson(text).problems.map(({ line, column, message }) => ({ line, column, message })),
    ).toEqual([
      { line: 3, column: 16, message: "the key 'k' stands twice in this map (first on line 3)" },
      { line: 4, column: 2, message: "the key 'a' stands twice in this map (first on line 2)" },
    ]);
  });

  it("keeps integers beyond 2^53 exact and says nothing about exponents", () => {
    const { documents, problems } = readJson('{"a": 9007199254740993, "b": 1e3, "c": 12}');
    expect(documents[0]!.value).toEqual({ a: 9007199254740993n, b: 1000, c: 12 });
    expect(problems).toEqual([]);
  });

  it("reads JSON lines as documents, each with its places", () => {
    const { documents } = readJson('{"a": 1}\n{"b": [1, 2]}\n\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { b: [1, 2] }]);
    expect(documents[1]!.positionOf(["b", 1], "value")).toMatchObject({ line: 2, column: 11 });
  });

  it("ends deep nesting in a limit", () => {
    expect(readJson("[".repeat(1_000_000)).problems).toMatchObject([
      { code: "E_LIMIT_DEPTH", column: 101 },
    ]);
    expect(readJson("[".repeat(100) + "]".repeat(100)).problems).toEqual([]);
    expect(readJson("[".repeat(101) + "]".repeat(101)).problems).toMatchObject([
      { code: "E_LIMIT_DEPTH" },
    ]);
  });

  it("keeps __proto__ a plain key", () => {
    const value = readJson('{"__proto__": {"x": 1}}').documents[0]!.value as object;
    expect(Object.keys(value)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
});
