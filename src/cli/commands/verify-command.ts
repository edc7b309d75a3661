// `podsim verify`: how far podsim agrees with what a real scheduler and its parts were recorded to do.
//
// Reads files line by line and prints one line per file; the comparison itself is portable and lives in
// the experiment floor.

import type { Command } from "commander";
import type { Difference, EvaluatorName, VerifyReport } from "../../experiment/index.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { evaluatorOption, formatOption, positiveCount } from "../option-parts.ts";
import { printResult } from "../output.ts";
import { registerVerifyRules } from "./verify-rules.ts";

interface VerifyOptions {
  readonly allowUnsupported?: boolean;
  readonly format: "table" | "json";
  readonly show: number;
  readonly seeds?: number;
  readonly evaluator?: EvaluatorName;
}

const KINDS = ["decisions", "cases", "trajectories", "timelines"] as const;
type Kind = (typeof KINDS)[number];

const DESCRIPTIONS: Readonly<Record<Kind, string>> = {
  decisions: "single decisions: every filter verdict, score and message (JSON Lines)",
  cases: "single plugins, queueing hints, quantities, selectors (JSON Lines)",
  trajectories: "sequences of decisions with sampling on (JSON Lines)",
  timelines: "scenarios of a real control plane, replayed: order and instants (JSON)",
};

/** Adds the command to the program. */
export function registerVerify(program: Command, done: (code: ExitCode) => void): void {
  const verify = program
    .command("verify")
    .description("compare with recorded truth")
    .addHelpText("before", examplesOf("decisions", "trajectories"));
  for (const kind of KINDS) {
    const command = verify
      .command(kind)
      .description(DESCRIPTIONS[kind])
      .addHelpText("before", examplesOf(kind))
      .argument("<file...>", "recorded files")
      .option("--allow-unsupported", "do not fail because of cases that are not supported")
      .option("--show <count>", "differences to list per file", positiveCount, 10)
      .addOption(formatOption(["table", "json"]))
      .action(async (files: string[], options: VerifyOptions) => {
        done(await runVerify(kind, files, options));
      });
    if (kind !== "timelines") command.addOption(evaluatorOption());
    if (kind === "timelines") {
      const text = "replay run 1 with so many seeds, instead of each recorded run once";
      command.option("--seeds <count>", text, positiveCount);
    }
  }
  registerVerifyRules(verify, done);
}

function examplesOf(...kinds: readonly Kind[]): string {
  const lines = kinds.flatMap((kind) => {
    const ending = kind === "timelines" ? "json" : "jsonl";
    return [
      `  podsim verify ${kind} recorded.${ending}`,
      `  podsim verify ${kind} recorded/*.${ending} --allow-unsupported -o json`,
    ];
  });
  return `Examples:\n${lines.join("\n")}\n\n`;
}

async function runVerify(
  kind: Kind,
  files: readonly string[],
  options: VerifyOptions,
): Promise<ExitCode> {
  const { verifyCases, verifyDecisions, verifyTimeline, verifyTrajectories } = await import(
    "../../experiment/index.ts"
  );
  const { readInputFile } = await import("../../experiment/node.ts");
  const byLine = (verify: typeof verifyCases) => (text: string, file: string) =>
    verify(text.split("\n"), file, evaluator === undefined ? {} : { evaluator });
  const { seeds, evaluator } = options;
  const check: (text: string, file: string) => VerifyReport = {
    decisions: byLine(verifyDecisions),
    cases: byLine(verifyCases),
    trajectories: byLine(verifyTrajectories),
    timelines: (text: string, file: string) =>
      verifyTimeline(text, file, seeds === undefined ? {} : { seeds }),
  }[kind];
  const reports: VerifyReport[] = [];
  for (const file of files) {
    const text = new TextDecoder().decode(readInputFile(file, Number.MAX_SAFE_INTEGER).bytes);
    const report = check(text, file);
    reports.push(report);
    if (options.format === "table") printResult(await reportText(report, options.show));
  }
  if (options.format === "json") printResult(jsonText(reports));
  const fails = reports.some((report) => report.differ > 0);
  const lacks =
    reports.some((report) => report.unsupportedCases > 0) && options.allowUnsupported !== true;
  return fails || lacks ? EXIT.gate : EXIT.ok;
}

async function reportText(report: VerifyReport, shownMax: number): Promise<string> {
  const { formatReportLine } = await import("../../experiment/index.ts");
  const lines = [formatReportLine(report)];
  for (const [name, count] of report.unsupported) lines.push(`  not supported: ${name} (${count})`);
  for (const [gate, count] of report.outside)
    lines.push(`  outside of v1.36's defaults: ${gate} (${count})`);
  for (const note of report.notes) lines.push(`  note: ${note}`);
  for (const difference of report.differences.slice(0, shownMax))
    lines.push(`  ${differenceText(difference)}`);
  const rest = report.differences.length - shownMax;
  if (rest > 0) lines.push(`  ... and ${rest} more differences (-o json lists all)`);
  return `${lines.join("\n")}\n`;
}

function differenceText(difference: Difference): string {
  const place = [difference.case, difference.node, difference.plugin, difference.what].filter(
    (part) => part !== undefined,
  );
  return `${place.join(" ")}: expected ${valueText(difference.expected)}, got ${valueText(difference.got)}`;
}

function valueText(value: unknown): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) =>
      typeof inner === "bigint" ? inner.toString() : inner,
    ) ?? "nothing"
  );
}

function jsonText(reports: readonly VerifyReport[]): string {
  const sum = (read: (report: VerifyReport) => number): number =>
    reports.reduce((total, report) => total + read(report), 0);
  const summary = {
    schemaVersion: "podsim.dev/verify/v1",
    checked: sum((report) => report.checked),
    differ: sum((report) => report.differ),
    unsupported: sum((report) => report.unsupportedCases),
    differences: reports.flatMap((report) =>
      report.differences.map((difference) => ({ file: report.file, ...difference })),
    ),
    files: reports.map((report) => ({
      file: report.file,
      checked: report.checked,
      differ: report.differ,
      unsupported: Object.fromEntries(report.unsupported),
      outside: Object.fromEntries(report.outside),
      notes: report.notes,
      ...("quantities" in report ? { quantities: report.quantities } : {}),
    })),
  };
  const plain = (_key: string, value: unknown): unknown =>
    typeof value === "bigint" ? value.toString() : value;
  return `${JSON.stringify(summary, plain, 2)}\n`;
}
