// docs/fidelity.md names what the code says it does not simulate, and nothing that it does.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPage, ROOT } from "./pages.ts";

const { text } = readPage("docs/fidelity.md");
const missing = text.slice(text.indexOf("\n## Not simulated\n"));

/** Names of upstream's plugins whose source declares pods that it cannot judge. */
function unfinishedPlugins(): string[] {
  const folder = join(ROOT, "src", "scheduler", "plugins");
  const sources = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  return sources
    .filter((source) => /^ {2}notSimulated\(/m.test(source))
    .flatMap((source) => /readonly name = "(\w+)"/.exec(source)?.[1] ?? []);
}

describe("docs/fidelity.md", () => {
  it("names every plugin that cannot judge some pods", () => {
    expect(unfinishedPlugins().filter((name) => !missing.includes(name))).toEqual([]);
  });

  it("lists preemption as missing exactly while the code does", () => {
    const words = "preemption: not simulated";
    const folder = join(ROOT, "src", "scheduler");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    expect(missing.includes(words)).toBe(sources.some((source) => source.includes(words)));
  });
});
