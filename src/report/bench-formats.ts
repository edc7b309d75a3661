// The findings of a regression gate as text: for people, for CI services, for trend charts.
//
// Every format shows the same record; none computes a number of its own but percentages of two counts.

import type {
  BenchAudit,
  BenchReport,
  CountFinding,
  ScenarioFinding,
  TierFinding,
} from "../metrics/index.ts";
import { formatTextTable } from "./text-table.ts";

/** Formats of a gate's findings. */
export const BENCH_FORMATS = ["table", "json", "markdown", "junit", "github", "bencher"] as const;
/** One of them: `github` is github-action-benchmark's, `bencher` the Bencher Metric Format. */
export type BenchFormat = (typeof BENCH_FORMATS)[number];

/** Smaller falls are not listed for people; the other formats have every figure. */
const FALL_RATIO_SHOWN = 0.005;

/** The findings as text in a format. */
export function formatBench(report: BenchReport, format: BenchFormat): string {
  switch (format) {
    case "json":
      return jsonOf(report);
    case "markdown":
      return markdownOf(report);
    case "junit":
      return junitOf(report);
    case "github":
      return jsonOf(githubEntriesOf(report));
    case "bencher":
      return jsonOf(bencherMetricsOf(report));
    default:
      return tableOf(report);
  }
}

/** How often a build was told apart from itself, in lines for people. */
export function formatBenchAudit(audit: BenchAudit): string {
  const rows = audit.tiers.map((tier) => [
    tier.tiers,
    String(tier.trialsCount),
    String(tier.flaggedCount),
    String(tier.inconclusiveCount),
    `${tier.flaggedRatioMax * 100} %`,
    tier.flaggedCount > tier.flaggedRatioMax * tier.trialsCount ? "FAIL" : "pass",
  ]);
  const header = ["TIERS", "A/A TRIALS", "FLAGGED", "INCONCLUSIVE", "ALLOWED", "VERDICT"];
  return formatTextTable(header, rows, ["left", "right", "right", "right", "right"]);
}

function tableOf(report: BenchReport): string {
  const { kind, name } = report.comparedWith;
  const rows = report.scenarios.flatMap(({ scenario, tiers }) =>
    tiers.map(({ tier, verdict, reason }) => [scenario, tier, wordOf(verdict), reason]),
  );
  const table = formatTextTable(["SCENARIO", "TIER", "VERDICT", "WHAT"], rows);
  const details = report.scenarios.flatMap(detailsOf);
  const last = `${wordOf(report.verdict)}: compared with the ${kind} ${name}`;
  return `${[table.trimEnd(), ...details, last].join("\n")}\n`;
}

/** What moved, below the table: counts and measures that are not the same. */
function detailsOf({ scenario, tiers }: ScenarioFinding): string[] {
  return tiers.flatMap((finding) => {
    if (finding.tier === "A") {
      return finding.measures
        .filter(({ verdict, headMean }) => verdict !== "same" && headMean !== null)
        .map(
          ({ measure, baseMean, headMean, low, high, verdict }) =>
            `  ${scenario}: ${measure} ${amount(baseMean)} -> ${amount(headMean)}, difference [${amount(low)}, ${amount(high)}] ${verdict}`,
        );
    }
    if (finding.tier !== "B") return [];
    return finding.counts.filter(isWorthALine).map((count) => `  ${scenario}: ${countText(count)}`);
  });
}

/** What failed, what is new, and what fell by as much as would have failed had it risen. */
function isWorthALine({ verdict, base, head }: CountFinding): boolean {
  if (verdict === "too-many" || verdict === "new") return true;
  return verdict === "fewer" && base !== null && head < base * (1 - FALL_RATIO_SHOWN);
}

function countText({ name, base, head, verdict }: CountFinding): string {
  const from = base === null ? "not counted" : amount(base);
  const change = base === null || base === 0 ? "" : ` (${percentText(head / base)})`;
  return `${name} per decision ${from} -> ${amount(head)}${change} ${verdict}`;
}

function markdownOf(report: BenchReport): string {
  const { kind, name } = report.comparedWith;
  const lines = [
    `**${wordOf(report.verdict)}** against the ${kind} \`${name}\``,
    "",
    "| scenario | tier | verdict | what |",
    "|---|---|---|---|",
    ...report.scenarios.flatMap(({ scenario, tiers }) =>
      tiers.map(
        ({ tier, verdict, reason }) =>
          `| ${escaped(scenario)} | ${tier} | ${wordOf(verdict)} | ${escaped(reason)} |`,
      ),
    ),
  ];
  const details = report.scenarios.flatMap(detailsOf);
  if (details.length > 0) lines.push("", ...details.map((line) => `- ${escaped(line.trim())}`));
  return `${lines.join("\n")}\n`;
}

function junitOf(report: BenchReport): string {
  const suites = report.scenarios.map(({ scenario, tiers }) => {
    const cases = tiers.map((finding) => junitCaseOf(scenario, finding));
    const countOf = (wanted: (finding: TierFinding) => boolean): number =>
      tiers.filter(wanted).length;
    const failures = countOf(({ verdict }) => verdict === "fail");
    const skipped = countOf(({ verdict }) => verdict !== "fail" && verdict !== "pass");
    const counts = `tests="${tiers.length}" failures="${failures}" errors="0" skipped="${skipped}"`;
    return `  <testsuite name="${xml(scenario)}" ${counts}>\n${cases.join("")}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="podsim bench">\n${suites.join("")}</testsuites>\n`;
}

function junitCaseOf(scenario: string, finding: TierFinding): string {
  const { tier, verdict, reason } = finding;
  const start = `    <testcase classname="${xml(scenario)}" name="tier ${tier}"`;
  if (verdict === "pass") return `${start}/>\n`;
  const element = verdict === "fail" ? "failure" : "skipped";
  const text = verdict === "fail" ? reason : `${verdict}: ${reason}`;
  return `${start}>\n      <${element} message="${xml(text)}"/>\n    </testcase>\n`;
}

/** One bar or point per figure, smaller is better: what github-action-benchmark calls custom. */
function githubEntriesOf(report: BenchReport): object[] {
  return report.scenarios.flatMap(({ scenario, tiers }) =>
    tiers.flatMap((finding): object[] => {
      if (finding.tier === "B")
        return finding.counts.map(({ name, head }) => ({
          name: `${scenario}: ${name}`,
          unit: "per decision",
          value: head,
        }));
      if (finding.tier === "C" && finding.ratio !== null)
        return [{ name: `${scenario}: instructions`, unit: "head/base", value: finding.ratio }];
      const round = finding.tier === "D" ? finding.rounds.at(-1) : undefined;
      if (round === undefined) return [];
      const range = `${round.low.toFixed(4)}..${round.high.toFixed(4)}`;
      return [{ name: `${scenario}: cpu`, unit: "head/base", value: round.ratio, range }];
    }),
  );
}

/** Benchmarks by name, each with its measures by slug. */
function bencherMetricsOf(report: BenchReport): object {
  const benchmarks = report.scenarios.map(({ scenario, tiers }) => {
    const measures = tiers.flatMap((finding): [string, object][] => {
      if (finding.tier === "B")
        return finding.counts.map(({ name, head }) => [slugOf(name), { value: head }]);
      if (finding.tier === "C" && finding.ratio !== null)
        return [["instructions-ratio", { value: finding.ratio }]];
      const round = finding.tier === "D" ? finding.rounds.at(-1) : undefined;
      if (round === undefined) return [];
      const { ratio, low, high } = round;
      return [["cpu-ratio", { value: ratio, lower_value: low, upper_value: high }]];
    });
    return [scenario, Object.fromEntries(measures)] as const;
  });
  return Object.fromEntries(benchmarks);
}

/** `events.heapPushes` as `events-heap-pushes`. */
function slugOf(name: string): string {
  return name
    .replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll(/[^a-z0-9]+/g, "-");
}

function jsonOf(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function wordOf(verdict: BenchReport["verdict"]): string {
  return verdict === "fail" ? "FAIL" : verdict;
}

function percentText(ratio: number): string {
  const percent = (ratio - 1) * 100;
  return `${percent < 0 ? "" : "+"}${percent.toFixed(2)} %`;
}

/** Up to six digits, without zeros at the end. */
function amount(value: number | null): string {
  return value === null ? "none" : String(Number(value.toPrecision(6)));
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function xml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
