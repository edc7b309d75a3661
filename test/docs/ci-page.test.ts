// The workflow in docs/ci.md works as pasted: its shell steps run in a fresh folder that holds the page's
// scenario, with the package installed, and leave the files that the page promises.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readYaml } from "../../src/base/index.ts";
import { installPackage } from "./installed-package.ts";
import { readPage } from "./pages.ts";

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
}

const page = readPage("docs/ci.md");
const blockOf = (name: string): string => {
  const block = page.blocks.find(({ fileName }) => fileName === name);
  if (block === undefined) throw new Error(`docs/ci.md has no block called ${name}`);
  return block.text;
};
const workflow = readYaml(blockOf("gate.yml")).documents[0]?.value as {
  jobs: { gate: { steps: Step[] } };
};
const { steps } = workflow.jobs.gate;
const folder = mkdtempSync(join(tmpdir(), "podsim-ci-"));

function shell(command: string): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", command], {
    cwd: folder,
    encoding: "utf8",
    env: {
      PATH: `${join(folder, "bin")}:${process.env["PATH"] ?? ""}`,
      HOME: folder,
      GITHUB_STEP_SUMMARY: join(folder, "summary.md"),
    },
  });
  return { code: status, stdout, stderr };
}

beforeAll(() => {
  installPackage(folder);
  writeFileSync(join(folder, "shop.yaml"), `${blockOf("shop.yaml")}\n`);
  const { code, stderr } = shell("podsim bench shop.yaml --update-baseline -q");
  expect(code, stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the workflow of docs/ci.md", () => {
  it("has the package installed before it is used, and every action at a version", () => {
    expect(steps.map(({ name, uses }) => name ?? uses?.replace(/@.*/, ""))).toEqual([
      ...["actions/checkout", "actions/setup-node", "install", "gate", "summary"],
      "actions/upload-artifact",
    ]);
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@v\d+$/);
  });

  it("runs its steps and leaves what it uploads and shows", () => {
    for (const { name, run } of steps) {
      // What is installed here stands for the package registry.
      if (run === undefined || name === "install") continue;
      const { code, stderr } = shell(run.replaceAll("npx podsim", "podsim"));
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: "" });
    }
    const read = (file: string): string => readFileSync(join(folder, file), "utf8");
    expect(read("summary.md")).toContain("| shop.yaml | B | pass |");
    expect(read("bench.xml")).toContain('tests="2" failures="0"');
    for (const file of ["bench-github.json", "bench-bencher.json"])
      expect(Object.keys(JSON.parse(read(file))).length).toBeGreaterThan(0);
    expect(existsSync(join(folder, "podsim-baseline.json"))).toBe(true);
  });
});
