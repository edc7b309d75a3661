// What the documents show is what happens: every program is type-checked and run, every command of
// podsim is typed into a fresh folder, every scenario is read.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatProblems, readScenario, verifyCases, verifyDecisions } from "../../src/index.ts";
import { compile, installPackage } from "./installed-package.ts";
import {
  type CodeBlock,
  isProgram,
  type Page,
  podsimCommands,
  promisedOutput,
  readPages,
  ROOT,
} from "./pages.ts";

const pages = readPages();
const folder = mkdtempSync(join(tmpdir(), "podsim-docs-"));

/** Recordings that a reader brings along: of the sample, what is modelled. */
const RECORDED = readFileSync(
  join(ROOT, "test", "experiment", "verify", "decisions-sample.jsonl"),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "" && verifyDecisions([line]).unsupportedCases === 0)
  .join("\n");

const placeOf = (page: Page): string => join(folder, page.path.replaceAll("/", "-"));
const moduleName = (block: CodeBlock): string =>
  block.fileName?.replace(/\.js$/, ".ts") ?? `line-${block.line}.ts`;

beforeAll(() => {
  installPackage(folder);
  for (const page of pages) {
    const place = placeOf(page);
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), '{ "type": "module" }');
    writeFileSync(join(place, "recorded.jsonl"), RECORDED);
    for (const block of page.blocks) {
      if (isProgram(block))
        writeFileSync(join(place, moduleName(block)), `${block.text}\nexport {};\n`);
      else if (block.fileName !== undefined)
        writeFileSync(join(place, block.fileName), `${block.text}\n`);
    }
  }
  compilePrograms();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Checks all programs as a strict user would, and leaves a .js beside each. */
function compilePrograms(): void {
  const options = {
    compilerOptions: {
      ...{
        target: "es2023",
        lib: ["es2023"],
        types: ["node"],
        typeRoots: [join(ROOT, "node_modules", "@types")],
      },
      ...{ module: "nodenext", moduleResolution: "nodenext", rootDir: ".", noEmitOnError: false },
      ...{ strict: true, noUnusedLocals: true, exactOptionalPropertyTypes: true },
      ...{ noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
    },
    include: pages.map((page) => `${page.path.replaceAll("/", "-")}/*.ts`),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  compile(["-p", join(folder, "tsconfig.json")]);
}

function run(command: string, page: Page): { code: number | null; out: string; err: string } {
  const path = `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`;
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
    cwd: placeOf(page),
    encoding: "utf8",
    env: { ...process.env, PATH: path, NO_COLOR: "1" },
  });
  return { code: status, out: stdout, err: stderr };
}

const programs = pages.flatMap((page) =>
  page.blocks
    .filter(isProgram)
    .map((block) => [`${page.path}:${block.line}`, page, block] as const),
);
const commands = pages.flatMap((page) => {
  const found = page.blocks.filter((block) => block.language === "sh").flatMap(podsimCommands);
  return found.length === 0 ? [] : [[page.path, page, found] as const];
});
const scenarios = pages.flatMap((page) =>
  page.blocks
    .filter((block) => block.language === "yaml" && /^kind: Scenario$/m.test(block.text))
    .map((block) => [`${page.path}:${block.line}`, page, block] as const),
);

describe("the programs of the documents", () => {
  it.each(programs)("%s prints what stands behind its console.log", (_place, page, block) => {
    const promised = promisedOutput(block);
    const { code, out, err } = run(`node ${moduleName(block).replace(/\.ts$/, ".js")}`, page);
    expect(err).toBe("");
    expect(out.split("\n").slice(0, -1)).toEqual(promised);
    expect(code).toBe(0);
  });
});

describe("the commands of the documents", () => {
  it.each(commands)(
    "%s: all of them work, one after another in one folder",
    (_path, page, list) => {
      for (const { command, exitCode } of list) {
        const { code, err } = run(command, page);
        expect({ command, code, err: code === exitCode ? "" : err }).toEqual({
          ...{ command, code: exitCode, err: "" },
        });
      }
    },
    // A page may hold a dozen studies; on a loaded machine that is minutes.
    400_000,
  );
});

describe("the scenarios of the documents", () => {
  it.each(scenarios)("%s is read without a problem", (place, _page, block) => {
    expect(formatProblems(readScenario(block.text, { file: place }).problems)).toBe("");
  });
});

describe("the recordings of the documents", () => {
  const recorded = pages.flatMap((page) =>
    page.blocks
      .filter((block) => block.language === "json" && block.text.includes('"expect"'))
      .map((block) => [`${page.path}:${block.line}`, block] as const),
  );
  it.each(recorded)(
    "%s is compared and agrees, and would not if it said otherwise",
    (_place, block) => {
      const verify = (text: string) => verifyCases([JSON.stringify(JSON.parse(text))]);
      expect(verify(block.text)).toMatchObject({ checked: 1, differ: 0, unsupportedCases: 0 });
      const wrong = block.text.replace("1 Insufficient cpu", "1 Insufficient memory");
      expect(wrong).not.toBe(block.text);
      expect(verify(wrong).differ).toBe(1);
    },
  );
});

describe("the documents", () => {
  it("were looked at", () => {
    const count = commands.reduce((sum, [, , list]) => sum + list.length, 0);
    console.log(
      `documents: ${pages.length} pages, ${programs.length} programs, ${count} commands, ${scenarios.length} scenarios`,
    );
    expect(pages.length).toBeGreaterThanOrEqual(7);
    expect(programs.length).toBeGreaterThanOrEqual(10);
    expect(count).toBeGreaterThanOrEqual(8);
    expect(scenarios.length).toBeGreaterThanOrEqual(2);
  });
});
