// `podsim plan INPUT... --fit POD.yaml`: how many more copies of a pod the cluster takes.
//
// The first of plan's questions; what it looks at is the cluster at time zero.

import type { Command } from "commander";
import type { EvaluatorName } from "../../experiment/index.ts";
import { Option } from "../commander.ts";
import { CommandFailure, EXIT, type ExitCode } from "../exit-codes.ts";
import {
  addInputOptions,
  evaluatorOption,
  formatOption,
  type InputOptions,
  positiveCount,
} from "../option-parts.ts";
import { refuseConflicts } from "../option-rules.ts";
import { printNote, printResult } from "../output.ts";

interface PlanOptions extends InputOptions {
  readonly fit: string;
  readonly limit?: number;
  readonly format: string;
  readonly evaluator?: EvaluatorName;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim plan cluster.yaml --fit pod.yaml
  podsim plan scenario.yaml --fit pod.yaml --limit 500 -o json
  kubectl get nodes,pods -A -o json | podsim plan -f - --fit pod.yaml -o csv

`;

/** Adds the command to the program. */
export function registerPlan(program: Command, done: (code: ExitCode) => void): void {
  const command = program
    .command("plan")
    .description("how many more copies of a pod fit, and what stops them");
  addInputOptions(command)
    .addHelpText("before", EXAMPLES)
    .addOption(
      new Option("--fit <pod.yaml>", "the pod whose copies are counted").makeOptionMandatory(),
    )
    .option("--limit <count>", "stop after so many copies", positiveCount)
    .addOption(evaluatorOption())
    .addOption(formatOption(["table", "wide", "json", "yaml", "csv", "name"]))
    .option("-q, --quiet", "no notes")
    .action(async (inputs: string[], options: PlanOptions) => {
      await plan(inputs, options);
      done(EXIT.ok);
    });
}

async function plan(positional: readonly string[], options: PlanOptions): Promise<void> {
  const inputs = [...positional, ...(options.filename ?? [])];
  if (inputs.length === 0)
    throw new CommandFailure(
      EXIT.usage,
      "no cluster: name a scenario or objects, for example podsim plan cluster.yaml --fit pod.yaml",
    );
  refuseConflicts([
    {
      given: options.strict === true && options.allowUnsimulated === true,
      names: "'--strict' and '--allow-unsimulated'",
      why: "one refuses what the other permits",
    },
  ]);
  const { answerFit } = await import("../fit-job.ts");
  const { formatFit } = await import("../../report/index.ts");
  const record = await answerFit({
    inputs,
    recursive: options.recursive === true,
    allowOutside: options.allowOutside === true,
    allowUnsimulated: options.allowUnsimulated === true,
    strict: options.strict === true,
    overrides: options.set ?? [],
    schedulers: options.scheduler ?? [],
    seed: options.seed,
    horizon: options.for,
    thresholds: options.threshold ?? [],
    prices: options.prices,
    maxInputBytes: options.maxInputBytes,
    noPlugins: !options.plugins,
    evaluator: options.evaluator,
    podFile: options.fit,
    limit: options.limit,
  });
  printResult(formatFit(record, options.format));
  if (options.quiet !== true) for (const note of record.notes) printNote(`note: ${note}\n`);
}
