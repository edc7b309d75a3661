import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SOURCES = fileURLToPath(new URL("../../src/", import.meta.url));

/** Every file of ours that `entry` pulls along when it is loaded, by its path below src/. */
function filesLoadedWith(entry: string): string[] {
  const found = new Set<string>([resolve(SOURCES, entry)]);
  for (const file of found) {
    const text = readFileSync(file, "utf8");
    for (const [, path] of text.matchAll(
      /^(?:import|export)(?! type)(?:[^;"'()=]* from)? "(\.[^"]+\.ts)"/gm,
    )) {
      const target = resolve(dirname(file), path!);
      if (existsSync(target)) found.add(target);
    }
  }
  return [...found].map((file) => relative(SOURCES, file)).sort();
}

describe("what is loaded before a command is known", () => {
  it("is the command line alone: no floor of the simulator", () => {
    const others = filesLoadedWith("cli/program.ts").filter((file) => !file.startsWith("cli"));
    expect(others).toEqual([]);
  });

  it("contains every command, and the walk sees what a job pulls along", () => {
    expect(filesLoadedWith("cli/program.ts").length).toBeGreaterThan(25);
    expect(filesLoadedWith("cli/run-job.ts")).toContain("experiment/index.ts");
  });
});
