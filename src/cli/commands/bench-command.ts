// `podsim bench`: a regression gate on the user's own scenarios: same results, no more work, no slower.
//
// What the words on the command line mean; the gate itself is in bench/bench-job.ts.

import type { Command } from "commander";
import type { EvaluatorName } from "../../experiment/index.ts";
import type { BenchTier, BenchVerdict } from "../../metrics/index.ts";
import type { BenchFormat } from "../../report/index.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import { collect, evaluatorOption, formatOption, positiveCount } from "../option-parts.ts";
import { refuseConflicts } from "../option-rules.ts";
import { printResult, printSummary } from "../output.ts";

interface BenchOptions {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly scheduler?: readonly string[];
  readonly for?: string;
  readonly set?: readonly string[];
  readonly allowOutside?: boolean;
  readonly allowUnsimulated?: boolean;
  readonly baseline: string;
  readonly updateBaseline?: boolean;
  readonly against?: string;
  readonly tier?: string;
  readonly seeds?: string;
  readonly pairs: number;
  readonly audit?: number;
  readonly report?: readonly string[];
  readonly failOnInconclusive?: boolean;
  readonly format: BenchFormat;
  readonly evaluator?: EvaluatorName;
  readonly quiet?: boolean;
}

/** Kept beside the scenarios and committed. */
const BASELINE_FILE = "podsim-baseline.json";

const EXAMPLES = `Examples:
  podsim bench shop.yaml --update-baseline           write hashes and counts into ${BASELINE_FILE}
  podsim bench shop.yaml                             same decisions, no more work than the baseline?
  podsim bench shop.yaml --against ../podsim-0.1     this build and another one, side by side
  podsim bench shop.yaml -s new.js --against old.js  two strategies over 20 seeds
  podsim bench shop.yaml --report junit=bench.xml    findings for a CI service

`;

const TIERS_HELP = `
Tiers:
  A  results: hashes of decisions and measures, seed by seed; of strategies, intervals of paired differences
  B  operation counts per decision (nodes touched, plugin calls, heap and tree steps): at most 0.5 % up
  C  instructions in user space, where the machine counts them: at most 1 % up (with --against)
  D  processor time, interleaved pairs: fails when an interval lies above +5 %, twice (with --against)
`;

/** Adds the command to the program. */
export function registerBench(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("bench")
    .description("hold results and cost of scenarios against a baseline, a build or a strategy")
    .addHelpText("before", EXAMPLES)
    .addHelpText("after", TIERS_HELP)
    .argument("<scenario...>", "scenarios, each on its own")
    .option("--baseline <file>", "hashes and counts to hold against", BASELINE_FILE)
    .option("--update-baseline", "write what comes out now into the baseline")
    .option("--against <build|strategy>", "folder of a build of podsim, or what -s takes")
    .option("--tier <list>", "tiers to judge, such as A,B (default: all that apply)")
    .option("--seeds <list>", "seeds, such as 1..20 or 1,2 (default: those of the baseline)")
    .option("--pairs <count>", "pairs of processes that tier D times", positiveCount, 12)
    .option("--audit <count>", "compare this build with itself so many times", positiveCount)
    .option(
      "--report <format=file>",
      "write the findings in a further format (repeatable)",
      collect,
    )
    .option("--fail-on-inconclusive", "end with 5 when the machine was too restless")
    .option("-f, --filename <path>", "objects to add to every run (repeatable)", collect)
    .option("-R, --recursive", "read folders with everything below them")
    .option("-s, --scheduler <name|file>", "policy, profile, configuration or module", collect)
    .option("--for <duration>", "horizon, such as 2h; overrides the scenario's")
    .option("--set <path=value>", "override a value of the scenario (repeatable)", collect)
    .option("--allow-outside", "let the scenario name files outside its folder")
    .option("--allow-unsimulated", "go on without what could change scheduling")
    .addOption(evaluatorOption())
    .addOption(formatOption(["table", "json", "markdown", "junit", "github", "bencher"]))
    .option("-q, --quiet", "no progress")
    .action(async (scenarios: string[], options: BenchOptions) => {
      done(await bench(scenarios, options));
    });
}

async function bench(scenarios: readonly string[], options: BenchOptions): Promise<ExitCode> {
  refuseConflicts([
    {
      given: options.updateBaseline === true && options.against !== undefined,
      names: "'--update-baseline' and '--against'",
      why: "one compares with a file, the other with a build or a strategy",
    },
    {
      given: options.audit !== undefined && options.against !== undefined,
      names: "'--audit' and '--against'",
      why: "an audit compares this build with itself",
    },
    {
      given: options.audit !== undefined && options.updateBaseline === true,
      names: "'--audit' and '--update-baseline'",
      why: "an audit needs no baseline",
    },
  ]);
  const { BenchJob } = await import("../bench/bench-job.ts");
  const { readReportFile, readSeeds, readTiers } = await import("../bench/bench-request.ts");
  const { formatBench, formatBenchAudit } = await import("../../report/index.ts");
  const reports = (options.report ?? []).map(readReportFile);
  const tiers: readonly BenchTier[] | undefined =
    options.tier === undefined ? undefined : readTiers(options.tier);
  const job = new BenchJob({
    scenarios,
    passed: passedOf(options),
    schedulers: options.scheduler ?? [],
    baseline: options.baseline,
    updateBaseline: options.updateBaseline === true,
    against: options.against,
    tiers,
    seeds: options.seeds === undefined ? undefined : readSeeds(options.seeds),
    pairsCount: options.pairs,
    audit: options.audit,
    quiet: options.quiet === true,
  });
  try {
    if (options.audit !== undefined) {
      const audit = await job.audit(options.audit);
      const isJson = options.format === "json";
      printResult(isJson ? `${JSON.stringify(audit, undefined, 2)}\n` : formatBenchAudit(audit));
      const isGood = audit.tiers.every(
        ({ flaggedCount, trialsCount, flaggedRatioMax }) =>
          flaggedCount <= flaggedRatioMax * trialsCount,
      );
      return isGood ? EXIT.ok : EXIT.gate;
    }
    const report = await job.execute();
    for (const { format, file } of reports) await writeReport(file, formatBench(report, format));
    (options.format === "table" ? printSummary : printResult)(formatBench(report, options.format));
    return exitCodeOf(report.verdict, options.failOnInconclusive === true);
  } finally {
    job.close();
  }
}

function exitCodeOf(verdict: BenchVerdict, failsOnInconclusive: boolean): ExitCode {
  if (verdict === "fail") return EXIT.gate;
  return verdict !== "pass" && failsOnInconclusive ? EXIT.inconclusive : EXIT.ok;
}

async function writeReport(file: string, text: string): Promise<void> {
  const { writeFileSync } = await import("node:fs");
  try {
    writeFileSync(file, text);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new CommandFailure(EXIT.files, `cannot write ${file}: ${code}`, { cause });
  }
}

/** What the runs are given as it was given here. */
function passedOf(options: BenchOptions): string[] {
  return [
    ...(options.filename ?? []).flatMap((path) => ["-f", path]),
    ...(options.recursive === true ? ["-R"] : []),
    ...(options.for === undefined ? [] : ["--for", options.for]),
    ...(options.set ?? []).flatMap((text) => ["--set", text]),
    ...(options.evaluator === undefined ? [] : ["--evaluator", options.evaluator]),
    ...(options.allowOutside === true ? ["--allow-outside"] : []),
    ...(options.allowUnsimulated === true ? ["--allow-unsimulated"] : []),
  ];
}
