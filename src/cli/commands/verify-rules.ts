// `podsim verify rules`: which rules recorded cases show, and how many agree on each.
//
// The table of docs/fidelity.md is its output; a recording of one's own cluster shows what it covers.

import type { Command } from "commander";
import type { RuleCount } from "../../experiment/index.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printResult } from "../output.ts";

const EXAMPLES = `Examples:
  podsim verify rules recorded.jsonl
  podsim verify rules decisions/*.jsonl hints.jsonl -o markdown

`;

interface RulesOptions {
  readonly format: "table" | "json" | "markdown";
}

/** Adds the command under `verify`. */
export function registerVerifyRules(verify: Command, done: (code: ExitCode) => void): void {
  verify
    .command("rules")
    .description("count the cases that agree, by plugin, extension point and rule")
    .addHelpText("before", EXAMPLES)
    .argument("<file...>", "recorded decisions and queueing hints (JSON Lines)")
    .addOption(formatOption(["table", "json", "markdown"]))
    .action(async (files: string[], { format }: RulesOptions) => {
      printResult(await report(files, format));
      done(EXIT.ok);
    });
}

async function report(files: readonly string[], format: RulesOptions["format"]): Promise<string> {
  const { countRules } = await import("../../experiment/index.ts");
  const { readInputFile } = await import("../../experiment/node.ts");
  const { formatTextTable } = await import("../../report/index.ts");
  const decoder = new TextDecoder();
  const texts = files.map((file): [string, string[]] => [
    file,
    decoder.decode(readInputFile(file, Number.MAX_SAFE_INTEGER).bytes).split("\n"),
  ]);
  const rules = countRules(new Map(texts));
  if (format === "json") return `${JSON.stringify(rules, undefined, 2)}\n`;
  if (format === "markdown") return markdownOf(rules);
  const rows = rules.map(({ plugin, point, rule, count }) => [plugin, point, String(count), rule]);
  return formatTextTable(["PLUGIN", "POINT", "CASES", "RULE"], rows, ["left", "left", "right"]);
}

function markdownOf(rules: readonly RuleCount[]): string {
  const rows = rules.map(
    ({ plugin, point, rule, count }) =>
      `| ${plugin} | ${point} | ${rule.replaceAll("|", "\\|")} | ${count} |\n`,
  );
  return `| plugin | point | rule | cases |\n|---|---|---|---:|\n${rows.join("")}`;
}
