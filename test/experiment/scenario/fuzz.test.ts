import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatProblems } from "../../../src/base/index.ts";
import { readScenario } from "../../../src/experiment/scenario/read-scenario.ts";

const folder = join(import.meta.dirname, "../../corpus/scenario");
const seeds = readdirSync(folder)
  .filter((name) => name.startsWith("good-") || /^s\d\d-ok/.test(name))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(join(folder, name)));

const TOKENS = [
  ...[
    "---\n",
    "&a ",
    "*a",
    "<<: ",
    "!!js/x ",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "\n",
    "  ",
    "\t",
    "'",
  ],
  ...[
    '"',
    "|",
    "\\u0000",
    "\u0000",
    ".nan",
    "1e999",
    "-1",
    "9".repeat(30),
    "null",
    "yes",
    "~",
    "#",
  ],
  ...["__proto__: 1", "%", "@", "\ufeff", "\u202e", "x".repeat(300), "? ", "*", "&"],
].map((token) => Buffer.from(token));

interface Cut {
  readonly kind: "insert" | "delete" | "byte" | "copy" | "end";
  readonly at: number;
  readonly value: number;
}

function apply(bytes: Uint8Array, { kind, at, value }: Cut): Uint8Array {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  const after = bytes.subarray(place);
  switch (kind) {
    case "insert":
      return Buffer.concat([before, TOKENS[value % TOKENS.length]!, after]);
    case "delete":
      return Buffer.concat([before, after.subarray(value % 40)]);
    case "byte":
      return Buffer.concat([before, Buffer.from([value % 256]), after.subarray(1)]);
    case "copy":
      return Buffer.concat([
        before,
        bytes.subarray(value % (place + 1), (value % (place + 1)) + 60),
        after,
      ]);
    case "end":
      return before;
  }
}

describe("a damaged scenario", () => {
  it("is refused with a place, or read; the reader never throws", () => {
    const cut = fc.record({
      kind: fc.constantFrom<Cut["kind"]>(
        "insert",
        "insert",
        "delete",
        "byte",
        "copy",
        "copy",
        "end",
      ),
      at: fc.nat(100_000),
      value: fc.nat(100_000),
    });
    const damaged = fc
      .tuple(fc.constantFrom(...seeds), fc.array(cut, { minLength: 1, maxLength: 5 }))
      .map(([bytes, cuts]) => cuts.reduce<Uint8Array>(apply, bytes));
    let accepted = 0;
    fc.assert(
      fc.property(damaged, (bytes) => {
        const { scenario, problems } = readScenario(bytes, { file: "f.yaml" });
        const errors = problems.filter(({ severity }) => severity === "error");
        expect(scenario === undefined).toBe(errors.length > 0);
        expect(formatProblems(problems)).not.toMatch(/[^\P{Cc}\n]/u);
        if (scenario !== undefined) accepted++;
      }),
      { numRuns: 2000, seed: 20261121 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});
