import fc from "fast-check";
import { CORE_SCHEMA, load, YAML11_SCHEMA } from "js-yaml";
import { describe, expect, it } from "vitest";
import { formatProblem, hasErrors } from "../../src/base/problem.ts";
import { readYaml } from "../../src/base/yaml.ts";
import { readPlainScalar } from "../../src/base/yaml-scalar.ts";

const firstValue = (text: string): unknown =>
  readYaml(text, { file: "t.yaml" }).documents[0]?.value;
const linesOf = (text: string): string[] =>
  readYaml(text, { file: "t.yaml" }).problems.map(
    (problem) => formatProblem(problem).split("\n")[0]!,
  );

const numbersOnly = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? Number(value) : value;

describe("readYaml", () => {
  it("reads scalars as kubectl does", () => {
    const text = `{a: 1, b: 0.5, c: true, d: null, e: x, f: "1", g: ~, h: 2001-01-01, i: -7, j: 0x10, k: .5, l: -0}`;
    expect(firstValue(text)).toEqual({
      ...{ a: 1, b: 0.5, c: true, d: null, e: "x", f: "1", g: null },
      ...{ h: "2001-01-01", i: -7, j: 16, k: 0.5, l: 0 },
    });
  });

  it.each([
    ["yes", true],
    ["off", false],
    ["n", false],
    ["012", 10],
    ["1_000", 1000],
    ["0b11", 3],
    ["0o17", 15],
    ["1e3", 1000],
    ["1.5e3", 1500],
    ["-0x10", -16],
    ["1:30", "1:30"],
  ])("reads %s as kubectl does and warns that others differ", (text, expected) => {
    const { documents, problems } = readYaml(`a: ${text}`, { file: "t.yaml" });
    expect(documents[0]!.value).toEqual({ a: expected });
    expect(problems).toMatchObject([
      { code: "W_AMBIGUOUS_SCALAR", severity: "warning", line: 1, column: 4 },
    ]);
  });

  it.each(["0.5", "1.5e+3", "10", "0", "v1", "1Gi", "08:00x", "1.5.2", "1e400"])(
    "has nothing to say about %s",
    (text) => expect(readYaml(`a: ${text}`).problems).toEqual([]),
  );

  it.each([".nan", ".inf", "-.INF"])("refuses %s", (text) => {
    expect(linesOf(`a: ${text}`)).toEqual([
      `t.yaml:1:4: error[E_NOT_FINITE]: a: ${text} is not a finite number`,
    ]);
  });

  it("is silent only where YAML 1.1 and 1.2 agree with it (dates, which they read as times or text, aside)", () => {
    const plain = fc.stringMatching(/^[-+]?[0-9a-fA-FxXoObBeE_.:yYnNtTrRuUlLsSiI~]{1,7}$/);
    let compared = 0;
    fc.assert(
      fc.property(plain, (text) => {
        const { value, ambiguous } = readPlainScalar(text);
        if (value === undefined || ambiguous !== undefined || /[-:]$|^[-:]|^\.+$/.test(text))
          return;
        for (const schema of [CORE_SCHEMA, YAML11_SCHEMA]) {
          const other = load(text, { schema });
          const same =
            typeof value === "bigint"
              ? other === Number(value)
              : other === value || (other === 0 && value === 0);
          expect(same, `${text}: ${String(other)} and ${String(value)}`).toBe(true);
        }
        compared++;
      }),
      { numRuns: 20_000, seed: 10 },
    );
    expect(compared).toBeGreaterThan(5000);
  });

  it("keeps integers beyond 2^53 exact", () => {
    expect(firstValue("[9007199254740993, -9223372036854775808, 9007199254740991]")).toEqual([
      9007199254740993n,
      -9223372036854775808n,
      9007199254740991,
    ]);
  });

  it("names both lines of every duplicate key", () => {
    expect(linesOf("a: 1\nb: {x: 1, x: 2}\na: 2\na: 3\n")).toEqual([
      "t.yaml:2:11: error[E_DUPLICATE_KEY]: b.x: the key 'x' stands twice in this map (first on line 2)",
      "t.yaml:3:1: error[E_DUPLICATE_KEY]: a: the key 'a' stands twice in this map (first on line 1)",
      "t.yaml:4:1: error[E_DUPLICATE_KEY]: a: the key 'a' stands twice in this map (first on line 1)",
    ]);
  });

  it("finds duplicates among 40,000 keys within a second", () => {
    const text = Array.from({ length: 40_000 }, (_, i) => `k${i % 20_000}: 1\n`).join("");
    const start = process.cpuUsage();
    expect(readYaml(text).problems).toHaveLength(20_000);
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });

  it("reads the documents after a broken one, and reports each broken one", () => {
    const text = "a: 1\n---\nb: [1\n---\nc: 3\n---\n d: 1\ne: 2\n";
    const { documents, problems } = readYaml(text, { file: "t.yaml" });
    expect(documents.map(({ value, index }) => ({ value, index }))).toEqual([
      { value: { a: 1 }, index: 0 },
      { value: { c: 3 }, index: 2 },
    ]);
    expect(problems.map(({ code, line }) => ({ code, line }))).toEqual([
      { code: "E_SYNTAX", line: 4 },
      { code: "E_SYNTAX", line: 8 },
    ]);
    expect(documents[1]!.positionOf(["c"], "value")).toMatchObject({ line: 5, column: 4 });
  });

  it("leaves out empty documents", () => {
    for (const text of ["", "# only a comment\n", "---\n---\n---\n", "\n\n"]) {
      expect(readYaml(text)).toEqual({ documents: [], problems: [] });
    }
  });

  it("accepts CRLF and counts lines by it", () => {
    const { documents } = readYaml("a: 1\r\nb:\r\n  c: x\r\n");
    expect(documents[0]!.value).toEqual({ a: 1, b: { c: "x" } });
    expect(documents[0]!.positionOf(["b", "c"], "value")).toMatchObject({ line: 3, column: 6 });
  });

  it("gives the place of keys and values at any depth, through aliases and merges", () => {
    const text =
      "base: &b\n  x: 1\nlist:\n  - {p: 'q', \"r\": [1, 22]}\n  - *b\nm:\n  <<: *b\n  z: 2\nempty:\n";
    const document = readYaml(text).documents[0]!;
    expect(document.value).toEqual({
      base: { x: 1 },
      list: [{ p: "q", r: [1, 22] }, { x: 1 }],
      m: { x: 1, z: 2 },
      empty: null,
    });
    const at = (path: (string | number)[], what: "key" | "value"): string => {
      const { line, column, width } = document.positionOf(path, what)!;
      return `${line}:${column}+${width}`;
    };
    expect(at(["list", 0, "r"], "key")).toBe("4:14+3");
    expect(at(["list", 0, "r", 1], "value")).toBe("4:23+2");
    expect(at(["list", 0, "p"], "value")).toBe("4:9+3");
    expect(at(["list", 1, "x"], "value")).toBe("2:6+1");
    expect(at(["m", "x"], "value")).toBe("2:6+1");
    expect(at(["empty"], "value")).toBe("9:1+5");
    expect(document.positionOf(["list", 7], "value")).toBeUndefined();
  });

  it("answers for 5,000 documents of one text with a single parse", () => {
    const text = Array.from({ length: 5000 }, (_, i) => `kind: Pod\nspec: {count: ${i}}\n`).join(
      "---\n",
    );
    const { documents } = readYaml(text);
    const start = process.cpuUsage();
    const lines = documents.map(
      (document) => document.positionOf(["spec", "count"], "value")!.line,
    );
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, i) => 3 * i + 2));
  });

  it("uses the definition of an anchor that stands before the alias", () => {
    const document = readYaml("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").documents[0]!;
    expect(document.value).toEqual({ a: 1, b: 1, c: 2, d: 2 });
    expect(document.positionOf(["b"], "value")).toMatchObject({ line: 2 });
  });

  it("lets explicit keys win over merged ones and earlier sources over later", () => {
    const text = "a: &a {x: 1, w: 1}\nb: &b {w: 2, z: 2}\nc: {<<: [*a, *b], x: 9}\n";
    expect(firstValue(text)).toMatchObject({ c: { x: 9, w: 1, z: 2 } });
  });
});

describe("what readYaml refuses", () => {
  it.each([
    ["!!js/function 'return 1'", "!!js/function"],
    ["!!binary aGk=", "!!binary"],
    ["!!set {a, b}", "!!set"],
    ["!!timestamp 2001-01-01", "!!timestamp"],
    ["!custom [1]", "!custom"],
  ])("the tag of %s", (text, tag) => {
    expect(linesOf(`a: ${text}`)).toEqual([
      `t.yaml:1:4: error[E_TAG]: a: the tag ${tag} is not supported; tags never build anything but plain data`,
    ]);
  });

  it("accepts the core tags where they fit", () => {
    expect(
      firstValue("[!!str 12, !!int 12, !!float 1.5, !!bool true, !!null ~, !!map {}, !!seq []]"),
    ).toEqual(["12", 12, 1.5, true, null, {}, []]);
    expect(linesOf("a: !!int x")).toEqual([
      "t.yaml:1:10: error[E_TAG]: a: 'x' is not of the type !!int",
    ]);
  });

  it("aliases without an anchor and inside their own anchor", () => {
    expect(readYaml("a: *x").problems).toMatchObject([{ code: "E_ALIAS", column: 4 }]);
    expect(readYaml("a: &x [1, *x]").problems).toMatchObject([
      { code: "E_ALIAS_CYCLE", column: 11 },
    ]);
  });

  it("alias bombs, within a second", () => {
    let text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (let i = 1; i < 30; i++)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(", ")}]\n`;
    const merges = `${text.replaceAll("[x, x, x, x, x, x, x, x, x, x]", "{x: 1}").replaceAll(/: &(a\d+) \[(\*a\d+).*/g, ": &$1 {<<: $2, z: $2}")}`;
    const start = process.cpuUsage();
    expect(readYaml(text).problems).toMatchObject([{ code: "E_LIMIT_ALIASES", line: 4 }]);
    expect(readYaml(merges).problems).toMatchObject([{ code: "E_LIMIT_ALIASES" }]);
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });

  it("200 harmless aliases are no bomb", () => {
    const text = `base: &b {a: 1, b: {c: 2, d: [1, 2, 3]}}\nlist: [${Array(200).fill("*b").join(", ")}]\n`;
    expect(readYaml(text).problems).toEqual([]);
  });

  it("expansion beyond the limits, exactly", () => {
    // The root, its two keys, the anchored list of 100 items, the second list, and its aliases of 101 nodes each.
    const text = (aliases: number): string =>
      `a: &a [${Array(100).fill("x").join(", ")}]\nb: [${Array(aliases).fill("*a").join(", ")}]\n`;
    const nodes = (aliases: number): number => 1 + 2 + 101 + 1 + 101 * aliases;
    for (const [expandedNodesMax, fine] of [
      [nodes(20), true],
      [nodes(20) - 1, false],
    ] as const) {
      const limits = { expandedNodesMax, expansionRatioMax: 1000 };
      expect(hasErrors(readYaml(text(20), { limits }).problems)).toBe(!fine);
    }
    // Expanded over text: (105 + 101 n) / (105 + n) passes 10 between n = 10 and 11, far below the free size ...
    expect(readYaml(text(11)).problems).toEqual([]);
    // ... and with larger lists the ratio alone decides.
    const large = (aliases: number): string =>
      text(aliases).replace("x", Array(2000).fill("x").join(", "));
    expect(readYaml(large(9)).problems).toEqual([]);
    expect(readYaml(large(10)).problems).toMatchObject([{ code: "E_LIMIT_ALIASES" }]);
  });

  it("nesting: 100 levels are read, 101 and a million end in a limit", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(readYaml(nested(99)).problems).toEqual([]);
    expect(readYaml(nested(101)).problems).toMatchObject([{ code: "E_LIMIT_DEPTH" }]);
    expect(readYaml("[".repeat(1_000_000)).problems).toMatchObject([{ code: "E_LIMIT_DEPTH" }]);
    expect(readYaml("- ".repeat(1_000_000)).problems).toMatchObject([{ code: "E_LIMIT_DEPTH" }]);
  });

  it("keys that are no text", () => {
    expect(readYaml("? [a]\n: 1\n").problems).toMatchObject([{ code: "E_KEY" }]);
    expect(readYaml("{: 1}").problems).toMatchObject([{ code: "E_KEY" }]);
    expect(firstValue("{1: a, 2.5: b}")).toEqual({ "1": "a", "2.5": "b" });
  });
});

describe("hostile keys", () => {
  it("stay plain data and leave Object.prototype alone", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    const text =
      "__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\nx: {__proto__: 1, toString: 2}\n";
    const value = firstValue(text) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(["__proto__", "constructor", "x"]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
    expect(linesOf("{__proto__: 1, __proto__: 2}")).toHaveLength(1);
  });
});

describe("any text", () => {
  it("is read or refused, with every problem placed, and never throws", () => {
    const piece = fc.constantFrom(
      ..."ab:-?[]{},&*!|>'\"%@`# \n\t\r0.~".split(""),
      ..."\n  - |\n---\n|: |<<: |*a|&a |!!str |: {|yes|.inf|\\ud800|\u{1f600}|\ufeff|\n\t".split(
        "|",
      ),
    );
    const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(text, (source) => {
        const { documents, problems } = readYaml(source, { file: "t" });
        for (const problem of problems) expect(problem.line).toBeGreaterThan(0);
        for (const document of documents) expect(document.positionOf([], "value")).toBeDefined();
      }),
      { numRuns: 3000, seed: 20261121 },
    );
  });

  it("that is JSON gives the value JSON.parse gives", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const read = readYaml(text).documents[0]?.value;
        expect(JSON.stringify(read, numbersOnly)).toBe(JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 1000, seed: 7 },
    );
  });
});
