// Claims about loading strategies from files: JavaScript, TypeScript, versions, and plain mistakes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  isStrategyFile,
  loadStrategyModule,
  loadStrategyScheduler,
} from "../../../src/experiment/node/strategy-loader.ts";

const VERSION = 'export const apiVersion = "podsim.dev/v1";\n';
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "podsim-strategies-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("names of strategy files", () => {
  it("are told from policies by their ending", () => {
    expect(["a.js", "b.mjs", "x/c.ts", "d.mts", "e.cjs"].every(isStrategyFile)).toBe(true);
    expect(["best-fit", "default", "config.yaml", "js"].some(isStrategyFile)).toBe(false);
  });
});

describe("a module", () => {
  it("may export a function, an object, a plugin or a list", async () => {
    const decide = "(pod, view) => ({ node: view.nodes[0] })";
    const one = await loadStrategyModule(file("one.mjs", `${VERSION}export default ${decide};`));
    expect(one.strategy?.name).toBe("one");
    const text = `${VERSION}export default { name: "mine", decide: ${decide} };`;
    expect((await loadStrategyModule(file("two.mjs", text))).strategy?.name).toBe("mine");
    const plugin = `{ name: "P", filter: () => true, score: () => 1 }`;
    const three = await loadStrategyModule(
      file("three.mjs", `${VERSION}export default [${plugin}, { name: "s", decide: ${decide} }];`),
    );
    expect(three.plugins.map(({ points }) => points)).toEqual([["filter", "score"]]);
    expect(three.strategy?.name).toBe("s");
  });

  it("becomes a scheduler whose profile knows its plugins", async () => {
    const path = file(
      "plugin.mjs",
      `${VERSION}export default { name: "Own", filter: () => true };`,
    );
    const scheduler = await loadStrategyScheduler("own", path);
    const [profile] = scheduler.configuration.profiles;
    expect(profile?.plugins.filter.some(({ name }) => name === "Own")).toBe(true);
    expect(scheduler.createDecider).toBeUndefined();
  });

  it("in CommonJS is read as well", async () => {
    const text = 'module.exports = { apiVersion: "podsim.dev/v1", name: "c", decide: () => ({}) };';
    expect((await loadStrategyModule(file("c.cjs", text))).strategy?.name).toBe("c");
  });
});

describe("a file that cannot be used is refused in one line", () => {
  it.each([
    ["no-default.mjs", `${VERSION}export const decide = 1;`, /has no default export \(it exports/],
    [
      "old.mjs",
      'export const apiVersion = "podsim.dev/v0"; export default () => 1;',
      /against podsim\.dev\/v0, this podsim offers podsim\.dev\/v1/,
    ],
    ["none.mjs", "export default () => 1;", /declares no API version; add export const/],
    ["syntax.mjs", "export default (;", /^strategy syntax\.mjs \(load\): \w*Error/],
    ["throws.mjs", 'throw new Error("at load");', /load\): Error: at load$/],
    ["null.mjs", `${VERSION}throw null;`, /load\): null$/],
    ["number.mjs", `${VERSION}export default 7;`, /exports number; expected a strategy/],
    ["pair.mjs", `${VERSION}export default [() => 1, () => 2];`, /several strategies/],
    ["wrong.mjs", `${VERSION}export default { place: 1 };`, /an object with place; expected/],
    [
      "ghost.mjs",
      `${VERSION}export default { name: "P", create() { throw new Error("x"); }, filter() {} };`,
      /threw x/,
    ],
  ])("%s", async (name, text, expected) => {
    const message = await loadStrategyModule(file(name, text)).then(
      () => "loaded",
      (error: Error) => error.message,
    );
    expect(message).toMatch(expected);
    expect(message).not.toContain("\n");
  });

  it("when it is not there", async () => {
    await expect(loadStrategyModule(join(folder, "gone.mjs"))).rejects.toThrow(/there is no file/);
  });
});

describe("in a plain Node process", () => {
  /** Loads files with the loader as it is shipped: bundled, without the test runner's imports. */
  function loadInNode(...paths: string[]): string[] {
    const loader = fileURLToPath(
      new URL("../../../src/experiment/node/strategy-loader.ts", import.meta.url),
    );
    // Inside node_modules, where esbuild is found from: older Node needs it for TypeScript.
    const outfile = fileURLToPath(
      new URL("../../../node_modules/.cache/podsim-test/loader.mjs", import.meta.url),
    );
    buildSync({ entryPoints: [loader], bundle: true, platform: "node", format: "esm", outfile });
    const script = `
      import { loadStrategyModule } from ${JSON.stringify(pathToFileURL(outfile).href)};
      for (const path of ${JSON.stringify(paths)}) {
        try {
          const { strategy } = await loadStrategyModule(path);
          const node = { name: "first" };
          console.log(strategy.name, JSON.stringify(strategy.create().decide({}, { nodes: [node] })));
        } catch (error) {
          console.log(error.name, error.message);
        }
      }`;
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    })
      .trim()
      .split("\n");
  }

  it("JavaScript and TypeScript load, and what does not says so in one line", () => {
    const typed = `${VERSION}const pick = (names: readonly string[]): string => names[0] as string;
export default (pod: unknown, view: { nodes: { name: string }[] }): { node: string } => ({
  node: pick(view.nodes.map((node) => node.name)),
});`;
    const lines = loadInNode(
      file("plain.mjs", `${VERSION}export default (pod, view) => ({ node: view.nodes[0].name });`),
      file("typed.ts", typed),
      file("broken.mjs", "export default (;"),
    );
    expect(lines[0]).toBe('plain {"node":"first"}');
    expect(lines[1]).toBe('typed {"node":"first"}');
    expect(lines[2]).toMatch(/^StrategyError strategy broken\.mjs \(load\): SyntaxError/);
  });
});
