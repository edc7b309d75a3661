// `podsim sweep SCENARIO --param path=a,b,c`: how a scenario behaves over many parameters.
//
// What the words on the command line mean; combinations, cells and rows are in sweep-job.ts.

import type { Command } from "commander";
import type { Parameter } from "../../experiment/index.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  collect,
  formatOption,
  type InputOptions,
  positiveCount,
  inputQuestion,
  inputsOf,
} from "../option-parts.ts";
import { refuseInputConflicts } from "../option-rules.ts";
import { printNote, printResult, printSummary } from "../output.ts";
import { addVarianceOptions, type VarianceOptions } from "../variance-options.ts";
import {
  addReplicationOptions,
  addStudyOptions,
  overridesOf,
  refuseStudyOptions,
  type ReplicationOptions,
  type StudyOptions,
} from "../study-options.ts";
import type { Shard } from "../study-run.ts";
import type { JobPlace } from "../sweep-manifest.ts";
import type { SweepOutcome } from "../sweep-job.ts";
import type { SweepRequest } from "../sweep-request.ts";

/** What is done with a sweep. */
interface ReportOptions {
  readonly outputDir?: string;
  readonly force?: boolean;
  readonly shard?: Shard;
  readonly format: string;
  readonly quiet?: boolean;
}

interface SweepOptions
  extends InputOptions,
    StudyOptions,
    ReplicationOptions,
    ReportOptions,
    VarianceOptions {
  readonly param?: readonly string[];
  readonly params?: string;
  readonly plan?: boolean;
  readonly stratify?: true;
  readonly emitJob?: number;
  readonly image?: string;
  readonly volume?: string;
  readonly pluginDeadline?: string;
}

const EXAMPLES = `Examples:
  podsim sweep scenario.yaml --param cluster.nodePools.0.count=10,20,40 --vary arrivals -n 20
  podsim sweep scenario.yaml --params grid.csv -s default -s best-fit --store cells -o csv
  podsim sweep scenario.yaml --param run.seed=1,2,3 --store cells --shard 0/4
  podsim sweep scenario.yaml --param run.seed=1,2,3 --store cells --emit-job 8 --image podsim:1 --volume data

`;

/** Adds the command to the program. */
export function registerSweep(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("sweep")
    .description("a scenario over many parameters: one row per combination, with intervals");
  addVarianceOptions(addReplicationOptions(addStudyOptions(addInputOptions(command))))
    .addHelpText("before", EXAMPLES)
    .option("--param <path=a,b,c>", "values of one field of the scenario (repeatable)", collect)
    .option("--params <file>", "combinations: CSV with a header of paths, or a JSON list")
    .option("--emit-job <shards>", "print a Kubernetes Job that runs the shards", positiveCount)
    .option("--image <image>", "of --emit-job: an image with podsim")
    .option("--volume <claim>", "of --emit-job: a claim with the inputs, where the store goes too")
    .option(
      "--stratify <part>",
      "choose replications by how many machines fail (faults), and weight them: for rare failures",
      stratified,
    )
    .option("--plan", "say how many cells there are, and do not run")
    .option(
      "--plugin-deadline <duration>",
      "end the sweep if one call into user code takes longer (default: 1s; exit 6)",
    )
    .option("--output-dir <folder>", "write sweep.json, sweep.csv and replications.csv there")
    .option("--force", "write into a folder that holds other results")
    .addOption(formatOption(["table", "wide", "json", "yaml", "csv", "markdown", "name"]))
    .option("-q, --quiet", "no notes, no progress")
    .action(async (inputs: string[], options: SweepOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await sweep(inputs, options, debug));
    });
}

async function sweep(
  positional: readonly string[],
  options: SweepOptions,
  debug: boolean,
): Promise<ExitCode> {
  const inputs = inputsOf(positional, options);
  if (inputs.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      "nothing to sweep: name a scenario, for example podsim sweep scenario.yaml --param run.seed=1,2",
    );
  refuseInputConflicts(options);
  refuseStudyOptions(options);
  const { planSweep, runSweep } = await import("../sweep-job.ts");
  const { withStdin } = await import("../run-thread.ts");
  const request = await withStdin(await requestOf(inputs, options, debug));
  const planned = planSweep(request);
  if (options.plan === true) {
    const { rows, varied, replicationsCount } = planned.plan;
    const per = varied.length === 0 ? 1 : replicationsCount;
    const open = rows.filter(({ world }) => world.run.warmupAuto).length;
    const pilot = open === 0 ? "" : `, and ${open * per} or more of a pilot before them`;
    printResult(`${rows.length} rows x ${per} replications = ${rows.length * per} cells${pilot}\n`);
    return EXIT.ok;
  }
  if (options.emitJob !== undefined) {
    const { sweepJobYaml } = await import("../sweep-manifest.ts");
    const place = jobPlaceOf(options, options.emitJob);
    const { name } = planned.plan.rows[0]!.world.metadata;
    const params = { raw: options.param ?? [], file: options.params };
    printResult(`${sweepJobYaml(request, name, params, place).trimEnd()}\n`);
    return EXIT.ok;
  }
  return reportSweep(await runSweep(planned, request), options);
}

function jobPlaceOf(options: SweepOptions, shardsCount: number): JobPlace {
  const { image, volume, store, queue, shard } = options;
  if (queue !== undefined || shard !== undefined)
    throw new CommandFailure(EXIT.usage, "--emit-job makes shards of its own");
  if (image === undefined || volume === undefined || store === undefined)
    throw new CommandFailure(
      EXIT.usage,
      "--emit-job needs --image, --volume and --store (paths are those on the volume)",
    );
  return { shardsCount, image, claim: volume };
}

/** Prints and keeps a sweep; shared with `podsim merge`. */
export async function reportSweep(
  { swept, stoppedBy, notes, counts }: SweepOutcome,
  options: ReportOptions,
): Promise<ExitCode> {
  const { formatSweep } = await import("../../report/index.ts");
  const note = options.quiet === true ? () => undefined : printNote;
  note(notes);
  if (options.shard !== undefined) {
    note(`${counts.done} of the shard's ${counts.total} cells are in the store\n`);
    return stoppedBy ?? EXIT.ok;
  }
  if (swept === undefined) {
    printNote(`stopped before a cell was done: 0 of ${counts.total} cells\n`);
    return stoppedBy ?? EXIT.limit;
  }
  const isTable = options.format === "table" || options.format === "wide";
  (isTable ? printSummary : printResult)(formatSweep(swept.record, options.format));
  if (options.outputDir !== undefined) {
    const { keepSweep } = await import("../sweep-folder.ts");
    const files = keepSweep(swept, options.outputDir, options.force === true);
    note(`files       ${options.outputDir}/ (${files.join(", ")})\n`);
  }
  return stoppedBy ?? (swept.record.missingCellsCount > 0 ? EXIT.limit : EXIT.ok);
}

async function requestOf(
  inputs: readonly string[],
  options: SweepOptions,
  debug: boolean,
): Promise<SweepRequest> {
  const { splitValues } = await import("../../experiment/index.ts");
  const { readCombinations } = await import("../sweep-request.ts");
  const { readInputFile } = await import("../../experiment/node.ts");
  const listOf = (path: string) =>
    readCombinations(path, new TextDecoder().decode(readInputFile(path).bytes));
  return {
    ...inputQuestion(inputs, options),
    overrides: overridesOf(options),
    parameters: (options.param ?? []).map((text) => parameterOf(text, splitValues)),
    paramTexts: options.param ?? [],
    paramsFile: options.params,
    listed: options.params === undefined ? undefined : listOf(options.params),
    varied: options.vary,
    replicationsCount: options.replications,
    confidence: options.confidence,
    antithetic: options.antithetic === true,
    stratify: options.stratify === true,
    measures: options.measure ?? [],
    workersCount: options.workers,
    store: options.store,
    shard: options.shard,
    queue: options.queue,
    quiet: options.quiet === true,
    pluginDeadline: options.pluginDeadline,
    debug,
    format: options.format,
  };
}

function stratified(part: string): true {
  if (part !== "faults")
    throw new CommandFailure(
      EXIT.usage,
      `--stratify ${part}: only of faults is it known how often how many machines fail`,
    );
  return true;
}

function parameterOf(text: string, split: (values: string) => string[]): Parameter {
  const equals = text.indexOf("=");
  if (equals <= 0)
    throw new CommandFailure(
      EXIT.usage,
      `--param ${text}: write path=a,b,c, such as cluster.nodePools.0.count=10,20`,
    );
  const path = text.slice(0, equals).trim();
  const values = split(text.slice(equals + 1));
  const twice = values.find((value, at) => values.indexOf(value) < at);
  if (twice !== undefined)
    throw new CommandFailure(EXIT.usage, `--param ${path}: '${twice}' is there twice`);
  return { path, values };
}
