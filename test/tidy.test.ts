// The house's own law, held against every source file, and the law itself against bad examples.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { blank } from "./tidy/blank.ts";
import type { SourceFile } from "./tidy/rules.ts";
import { findViolations, floorOf, importsOf, MAY_IMPORT } from "./tidy/rules.ts";

const ROOT = join(import.meta.dirname, "..");

function readSources(): SourceFile[] {
  return readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .map((name) => `src/${name.replaceAll("\\", "/")}`)
    .filter((path) => /\.tsx?$/.test(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** A tool that looked at nothing reports success; raise this as the house grows. */
const FILES_MIN = 200;
const IMPORTS_MIN = 600;

describe("the sources", () => {
  const files = readSources();

  it("obey the house's law", () => {
    const violations = findViolations(files);
    const text = violations.map(
      ({ rule, path, line, message }) => `${path}:${line} [${rule}] ${message}`,
    );
    expect(text.join("\n")).toBe("");
  });

  it("were all looked at", () => {
    const imports = files.reduce((sum, file) => sum + importsOf(file).length, 0);
    const floors = new Set(files.map((file) => floorOf(file.path)).filter((floor) => floor !== ""));
    console.log(`tidy looked at ${files.length} files, ${imports} imports, ${floors.size} floors`);
    expect(files.length).toBeGreaterThanOrEqual(FILES_MIN);
    expect(imports).toBeGreaterThanOrEqual(IMPORTS_MIN);
    for (const floor of floors) expect(Object.keys(MAY_IMPORT)).toContain(floor);
  });
});

const HEADER = "// What it is.\n// Why it exists.\n";
const DOORS: readonly SourceFile[] = Object.keys(MAY_IMPORT).map((floor) => ({
  path: `src/${floor}/index.ts`,
  text: `${HEADER}export { thing } from "./thing.ts";\n`,
}));
const THINGS: readonly SourceFile[] = Object.keys(MAY_IMPORT).map((floor) => ({
  path: `src/${floor}/thing.ts`,
  text: `${HEADER}/** A thing. */\nexport const thing: number = 1;\n`,
}));
const NODE_DOOR: readonly SourceFile[] = [
  { path: "src/experiment/node.ts", text: `${HEADER}export { files } from "./node/files.ts";\n` },
  {
    path: "src/experiment/node/files.ts",
    text: `${HEADER}import { readFileSync } from "node:fs";\n/** Files. */\nexport const files = readFileSync;\n`,
  },
];
const HOUSE = [...DOORS, ...THINGS, ...NODE_DOOR];

/** Rules broken when a file with this body is added to a tidy house. */
function rulesBrokenBy(path: string, body: string, header = HEADER): string[] {
  const others = HOUSE.filter((file) => file.path !== path);
  const violations = findViolations([...others, { path, text: header + body }]);
  return [...new Set(violations.map((violation) => violation.rule))];
}

describe("the law", () => {
  it("finds nothing in a tidy house", () => {
    expect(findViolations(HOUSE)).toEqual([]);
  });

  it.each([
    ["an import up", "src/base/bad.ts", 'import { a } from "../engine/index.ts";', "floors"],
    ["a type import up", "src/base/bad.ts", 'import type { A } from "../cli/index.ts";', "floors"],
    ["a type looked up", "src/base/bad.ts", 'let a: import("../engine/index.ts").A;', "floors"],
    [
      "an import sideways",
      "src/faults/bad.ts",
      'import { a } from "../workload/index.ts";',
      "floors",
    ],
    [
      "an import over lines",
      "src/base/bad.ts",
      'import {\n  a,\n  b,\n} from "../engine/index.ts";',
      "floors",
    ],
    ["a re-export up", "src/base/bad.ts", 'export { a } from "../engine/index.ts";', "floors"],
    ["a bare import up", "src/base/bad.ts", 'import "../engine/index.ts";', "floors"],
    [
      "the command line in the root door",
      "src/index.ts",
      'export { a } from "./cli/index.ts";',
      "floors",
    ],
    [
      "an import past a door",
      "src/engine/bad.ts",
      'import { thing } from "../base/thing.ts";',
      "doors",
    ],
    [
      "an import of the own door",
      "src/base/bad.ts",
      'import { thing } from "./index.ts";',
      "doors",
    ],
    ["an import without ending", "src/base/bad.ts", 'import { thing } from "./thing";', "endings"],
    ["an import of nothing", "src/base/bad.ts", 'import { thing } from "./nothing.ts";', "missing"],
    ["a new floor", "src/attic/bad.ts", "const a = 1;", "floors"],
    ["code in a door", "src/base/index.ts", "const a = 1;", "doors"],
    ["a star export", "src/base/bad.ts", 'export * from "./thing.ts";', "exports"],
    ["a default export", "src/base/bad.ts", "/** A. */\nexport default 1;", "exports"],
    [
      "a Node module in a floor",
      "src/metrics/bad.ts",
      'import { join } from "node:path";',
      "node modules",
    ],
    [
      "a Node module behind the portable door",
      "src/experiment/thing.ts",
      'import "./node/files.ts";',
      "node modules",
    ],
    ["an undocumented export", "src/base/bad.ts", "\nexport function a(): void {}", "documented"],
    ["an undocumented type", "src/base/bad.ts", "\nexport type A = 1;", "documented"],
    ["an empty name", "src/base/string-utils.ts", "", "names"],
    ["a camel-case name", "src/base/badName.ts", "", "names"],
    ["something unfinished", "src/base/bad.ts", "// TODO later", "unfinished"],
    ["a path outside", "src/base/bad.ts", 'const a = "../shared/spec";', "unfinished"],
    ["a random number", "src/base/bad.ts", "const a = Math.random();", "determinism"],
    ["a logarithm", "src/base/bad.ts", "const a = Math.log(2);", "determinism"],
    ["a power", "src/base/bad.ts", "const a = x ** 0.5;", "determinism"],
    ["a date", "src/engine/bad.ts", "const a = new Date();", "determinism"],
    ["a clock", "src/engine/bad.ts", "const a = performance.now();", "determinism"],
    ["a locale", "src/engine/bad.ts", "a.localeCompare(b);", "determinism"],
    ["a default sort", "src/engine/bad.ts", "list.sort();", "determinism"],
    ["a power of a variable", "src/base/bad.ts", "const a = 2 ** x;", "determinism"],
    ["the environment", "src/base/bad.ts", "const a = process.env;", "determinism"],
    ["a silenced compiler", "src/base/bad.ts", "// @ts-expect-error it is fine", "unfinished"],
    ["a worker outside", "src/base/bad.ts", 'new URL("../cli/worker.js", here);', "floors"],
    [
      "a timer in a template",
      "src/engine/bad.ts",
      `const a = \`\${setTimeout(b)}\`;`,
      "determinism",
    ],
  ])("notices %s", (_title, path, body, rule) => {
    expect(rulesBrokenBy(path, body)).toContain(rule);
  });

  it("notices a missing header, a second importer of a package, and a circle", () => {
    expect(rulesBrokenBy("src/base/bad.ts", "const a = 1;", "// Short.\n")).toEqual(["header"]);
    const second = [
      ...HOUSE,
      { path: "src/base/a.ts", text: `${HEADER}import { x } from "pack/lib/x.js";\n` },
      { path: "src/engine/b.ts", text: `${HEADER}import { y } from "pack";\n` },
    ];
    expect(findViolations(second).map((violation) => violation.rule)).toEqual(["packages"]);
    const types = [
      ...HOUSE,
      { path: "src/base/a.ts", text: `${HEADER}import { x } from "pack";\n` },
      { path: "src/base/b.ts", text: `${HEADER}import type { X } from "pack";\n` },
      { path: "src/engine/c.ts", text: `${HEADER}import type { X } from "pack";\n` },
    ];
    expect(findViolations(types).map((violation) => violation.path)).toEqual(["src/engine/c.ts"]);
    const circle = [
      ...HOUSE,
      { path: "src/base/a.ts", text: `${HEADER}import { b } from "./b.ts";\n` },
      { path: "src/base/b.ts", text: `${HEADER}import { a } from "./a.ts";\n` },
    ];
    expect(findViolations(circle).map((violation) => violation.rule)).toEqual(["circles"]);
  });

  it.each([
    ["a banned word in a comment", "// Math.random() is not used, nor new Date()."],
    ["a banned word in a text", "const a = \"Math.random() \" + 'Date.now' + `list.sort()`;"],
    ["a banned word in a pattern", 'const a = /Math.random|"Date/; const b = 1;'],
    ["an exact power", "const a = 2 ** 32 + 2 ** -54; const b = 10n ** digits;"],
    ["an exact power of a named width", "const a = 2 ** SLOT_BITS;"],
    ["the word process for a row", "const a = process.exitStatus;"],
    ["a sort with a comparator", "list.sort(compareNumbers);"],
    ["a method of another name", "const a = exact.exp(1) + candidate.Dates;"],
    ["an import in a comment", '// import { a } from "../engine/index.ts";'],
    [
      "an overload",
      "/** A. */\nexport function a(): void;\nexport function a(b?: number): void {}",
    ],
  ])("allows %s", (_title, body) => {
    expect(rulesBrokenBy("src/base/good.ts", body)).toEqual([]);
  });

  it("allows real time in the report and behind experiment/node.ts", () => {
    expect(rulesBrokenBy("src/report/good.ts", "const a = new Date();")).toEqual([]);
    expect(rulesBrokenBy("src/experiment/node/good.ts", "const a = performance.now();")).toEqual(
      [],
    );
    expect(rulesBrokenBy("src/experiment/thing.ts", "const a = performance.now();")).toEqual([
      "determinism",
    ]);
  });
});

describe("blanking", () => {
  it("keeps lines and columns, and ends strings, templates and patterns where they end", () => {
    const text = `a("x//y"); /* b\nc */ d(\`e\${f("g")}h\`) / i; j(/["'/]/g); // k`;
    expect(blank(text, "comments")).toBe(
      `a("x//y");     \n     d(\`e\${f("g")}h\`) / i; j(/["'/]/g);     `,
    );
    expect(blank(text, "comments and strings").replaceAll(/ +/g, " ")).toBe(
      "a( ); \n d( f( ) ) / i; j( ); ",
    );
  });
});
