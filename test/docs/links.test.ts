// Links between documents lead somewhere, and the documents speak of nothing outside the project.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Page, readPage, readPages, ROOT } from "./pages.ts";

const decisions = readdirSync(join(ROOT, "docs", "decisions")).map((name) =>
  readPage(`docs/decisions/${name}`),
);
const pages = [...readPages(), ...decisions];

/** A heading as the anchor that repositories show it under. */
function anchorOf(heading: string): string {
  const plain = heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "");
  return plain.trim().replaceAll(/\s/g, "-");
}

function brokenLinks(page: Page): string[] {
  const targets = [...page.text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets.filter((target) => {
    if (/^https?:/.test(target)) return false;
    const [file = "", anchor = ""] = target.split("#");
    const path = file === "" ? page.path : join(dirname(page.path), file);
    if (!existsSync(join(ROOT, path))) return true;
    if (anchor === "") return false;
    const headings = readFileSync(join(ROOT, path), "utf8").matchAll(/^#+ (.*)$/gm);
    return ![...headings].some((match) => anchorOf(match[1]!) === anchor);
  });
}

describe("documents", () => {
  it.each(pages.map((page) => [page.path, page] as const))(
    "%s: links lead somewhere",
    (_path, page) => {
      expect(brokenLinks(page)).toEqual([]);
    },
  );

  it.each(pages.map((page) => [page.path, page] as const))(
    "%s speaks of nothing outside the project",
    (_path, page) => {
      expect(page.text.match(/\.\.\/shared|\/(?:work|home|tmp|root|Users)\//g)).toBeNull();
    },
  );

  it("name only files of the project that exist", () => {
    const named = pages.flatMap((page) =>
      [
        ...page.text.matchAll(
          /`((?:src|test|docs|bench|scenarios)\/[\w./-]+\.(?:ts|md|yaml|json))`/g,
        ),
      ].map((match) => ({ page: page.path, file: match[1]! })),
    );
    console.log(`documents name ${named.length} files`);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(({ file }) => !existsSync(join(ROOT, file)))).toEqual([]);
  });

  it("are numbered, each once, and dated where they record decisions", () => {
    const numbers = decisions.map(({ path }) => /\/(\d{4})-/.exec(path)?.[1]);
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { path, text } of decisions) {
      expect(path).toMatch(/\/\d{4}-[a-z0-9-]+\.md$/);
      expect(text).toMatch(/^# \d{4} .+\n\nDate: \d{4}-\d{2}-\d{2}\. Status: \w+/);
      expect(text).toMatch(/^## Rejected$/m);
    }
  });
});
