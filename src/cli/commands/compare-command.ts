// `podsim compare INPUT... -s A -s B`: which alternative is better on this workload, and how sure.
//
// What the words on the command line mean; plan, threads and verdicts are in compare-job.ts.

import type { Command } from "commander";
import type { Margin } from "../../analysis/index.ts";
import type { EvaluatorName } from "../../experiment/index.ts";
import { InvalidArgumentError } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  collect,
  evaluatorOption,
  formatOption,
  type InputOptions,
  inputQuestion,
  inputsOf,
} from "../option-parts.ts";
import { refuseInputConflicts } from "../option-rules.ts";
import { alternativeSetting } from "../compare-alternatives.ts";
import type { CompareOutcome } from "../compare-job.ts";
import {
  addDesignOptions,
  type DesignOptions,
  refuseDesignOptions,
} from "../compare-design-options.ts";
import {
  addReplicationOptions,
  addStudyOptions,
  overridesOf,
  percent,
  type ReplicationOptions,
  refuseStudyOptions,
  type StudyOptions,
} from "../study-options.ts";
import type { Shard } from "../study-run.ts";
import { printNote, printResult, printSummary } from "../output.ts";
import { addVarianceOptions, type VarianceOptions } from "../variance-options.ts";

/** What is done with a comparison. */
interface ReportOptions {
  readonly outputDir?: string;
  readonly force?: boolean;
  readonly failOnInconclusive?: boolean;
  readonly shard?: Shard;
  readonly format: string;
  readonly quiet?: boolean;
}

interface CompareOptions
  extends InputOptions,
    StudyOptions,
    ReplicationOptions,
    ReportOptions,
    VarianceOptions,
    DesignOptions {
  readonly margin: Margin;
  readonly alternative?: readonly string[];
  readonly baseline?: string;
  readonly pluginDeadline?: string;
  readonly evaluator?: EvaluatorName;
}

const EXAMPLES = `Examples:
  podsim compare scenario.yaml -s default -s best-fit --vary arrivals,lifetimes -n 30
  podsim compare openb.yaml -s default -s mine.js --vary order,ties --margin 1% -o markdown
  podsim compare scenario.yaml --alternative 'instant: controlPlane.preset=instant' -n 10
  podsim compare scenario.yaml --measure pending --measure utilization.cpu -o wide
  podsim compare scenario.yaml -s default -s best-fit --measure pending.avg --precision 5%
  podsim compare scenario.yaml -s a -s b -s c --select pending.avg --indifference 2s

`;

/** Adds the command to the program. */
export function registerCompare(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("compare")
    .description("which scheduler is better on a workload: differences, intervals, verdicts");
  addDesignOptions(
    addVarianceOptions(addReplicationOptions(addStudyOptions(addInputOptions(command)))),
  )
    .addHelpText("before", EXAMPLES)
    .option("--margin <percent>", "difference that matters, of the baseline", margin, margin("1%"))
    .option(
      "--alternative <name: path=value>",
      "an alternative with that value set, schedulers as they stand (repeatable)",
      collect,
    )
    .option(
      "--baseline <name>",
      "alternative that the others are held against (default: the first)",
    )
    .option(
      "--plugin-deadline <duration>",
      "end the comparison if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("--output-dir <folder>", "write compare.json and replications.csv there")
    .option("--force", "write into a folder that holds other results")
    .option("--fail-on-inconclusive", "exit 5 if any verdict is inconclusive or missing")
    .addOption(evaluatorOption())
    .addOption(formatOption(["table", "wide", "json", "yaml", "csv", "markdown", "name"]))
    .option("-q, --quiet", "no notes")
    .action(async (inputs: string[], options: CompareOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await compare(inputs, options, debug));
    });
}

async function compare(
  positional: readonly string[],
  options: CompareOptions,
  debug: boolean,
): Promise<ExitCode> {
  const inputs = inputsOf(positional, options);
  if (inputs.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      "nothing to compare on: name a scenario or objects, for example podsim compare scenario.yaml -s default -s best-fit",
    );
  refuseInputConflicts(options);
  refuseStudyOptions(options);
  refuseDesignOptions(options);
  const { runComparison } = await import("../compare-job.ts");
  const { withStdin } = await import("../run-thread.ts");
  const outcome = await runComparison(
    await withStdin({
      ...inputQuestion(inputs, options),
      overrides: overridesOf(options),
      varied: options.vary,
      replicationsCount: options.replications,
      margin: options.margin,
      confidence: options.confidence,
      antithetic: options.antithetic === true,
      settings: (options.alternative ?? []).map(alternativeSetting),
      baseline: options.baseline,
      measures: options.measure ?? [],
      design: options,
      workersCount: options.workers,
      pluginDeadline: options.pluginDeadline,
      store: options.store,
      shard: options.shard,
      queue: options.queue,
      quiet: options.quiet === true,
      debug,
      format: options.format,
    }),
  );
  return reportComparison(outcome, options);
}

/** Prints and keeps a comparison; shared with `podsim merge`. */
export async function reportComparison(
  { compared, stoppedBy, notes, counts }: CompareOutcome,
  options: ReportOptions,
): Promise<ExitCode> {
  const { formatCompare } = await import("../../report/index.ts");
  const note = options.quiet === true ? () => undefined : printNote;
  note(notes);
  if (options.shard !== undefined) {
    note(`${counts.done} of the shard's ${counts.total} cells are in the store\n`);
    return stoppedBy ?? EXIT.ok;
  }
  if (compared === undefined) {
    printNote(`stopped before a replication was whole: ${counts.done} of ${counts.total} cells\n`);
    return stoppedBy ?? EXIT.limit;
  }
  const { record } = compared;
  const isTable = options.format === "table" || options.format === "wide";
  if (stoppedBy !== undefined)
    printNote(`partial: ${record.replicationsCount} replications are whole\n`);
  (isTable ? printSummary : printResult)(formatCompare(record, options.format));
  if (options.outputDir !== undefined) {
    const { keepComparison } = await import("../compare-folder.ts");
    const isPartial = stoppedBy !== undefined;
    const files = keepComparison(compared, options.outputDir, options.force === true, isPartial);
    note(`files       ${options.outputDir}/ (${files.join(", ")})\n`);
  }
  if (stoppedBy !== undefined) return stoppedBy;
  const isOpen = record.comparisons.some(
    ({ verdict }) => verdict === null || verdict.kind === "inconclusive",
  );
  return isOpen && options.failOnInconclusive === true ? EXIT.inconclusive : EXIT.ok;
}

function margin(text: string): Margin {
  const ratio = percent(text);
  if (ratio === undefined || ratio < 0)
    throw new InvalidArgumentError("A share of the baseline is expected, such as 1%.");
  return { kind: "relative", ratio };
}
