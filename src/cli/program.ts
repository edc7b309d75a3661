// The command line: which commands there are, what a usage error looks like, how a command ends.
//
// Commands are loaded when they are called, so that `podsim --help` stays quick. A command returns an
// exit code; it never ends the process itself, because results may still be on their way out.

import type { Importer } from "../experiment/index.ts";
import { Command, CommanderError, Option } from "./commander.ts";
import { registerBench } from "./commands/bench-command.ts";
import { registerExplain } from "./commands/explain-command.ts";
import { registerExport } from "./commands/export-command.ts";
import { registerFit } from "./commands/fit-command.ts";
import { registerImport } from "./commands/import-command.ts";
import { registerInit } from "./commands/init-command.ts";
import { registerCompare } from "./commands/compare-command.ts";
import { registerMerge } from "./commands/merge-command.ts";
import { registerPlan } from "./commands/plan-command.ts";
import { registerRun } from "./commands/run-command.ts";
import { registerSchema } from "./commands/schema-command.ts";
import { registerShapes } from "./commands/shapes-command.ts";
import { registerStudy } from "./commands/study-command.ts";
import { registerSweep } from "./commands/sweep-command.ts";
import { registerValidate } from "./commands/validate-command.ts";
import { registerVerify } from "./commands/verify-command.ts";
import { registerVersion } from "./commands/version-command.ts";
import { registerWhatif } from "./commands/whatif-command.ts";
import { registerWorker } from "./commands/worker-command.ts";
import { COLOR_CHOICES, type ColorChoice } from "./color.ts";
import { applyEnvironment, noteUnknownVariables } from "./environment.ts";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { enforceOptionRules } from "./option-rules.ts";
import { printNote, printResult, ReaderGone, useColor } from "./output.ts";

const SHORT_HELP = `podsim: what would Kubernetes have done?

  podsim init                       write a commented scenario to start from
  podsim run scenario.yaml          run it and leave the numbers in results/

Every command: podsim --help
`;

const EXAMPLES = `Examples:
  podsim init                                    write scenario.yaml
  podsim run scenario.yaml                       run it
  podsim run -f manifests/ -R -f nodes.yaml      plain Kubernetes objects
  podsim explain results/shop-1a2b3c4d web-0     why is this pod where it is
  podsim verify decisions recorded.jsonl         compare with a real scheduler

`;

/** Runs one command line (without node and script) and returns the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram(
    (code) => {
      exitCode = code;
    },
    await importersFor(argv),
  );
  try {
    if (argv.length === 0) {
      printResult(SHORT_HELP);
      return EXIT.ok;
    }
    refuseUnknownHelp(program, argv);
    // --version is what a hand types; the command has the formats.
    const isVersion = argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V");
    await program.parseAsync(isVersion ? ["version"] : [...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, argv);
  }
}

// Formats have options of their own; only who imports pays for loading them.
async function importersFor(argv: readonly string[]): Promise<readonly Importer[]> {
  if (!argv.includes("import")) return [];
  return (await import("../experiment/index.ts")).IMPORTERS;
}

function createProgram(done: (code: ExitCode) => void, importers: readonly Importer[]): Command {
  const program = new Command("podsim")
    .description("A deterministic discrete-event simulator of Kubernetes scheduling.")
    .addHelpText("before", EXAMPLES)
    .option("-V, --version", "print the version")
    .option("--debug", "show stack traces")
    .addOption(
      new Option("--color <when>", "colour the output").choices(COLOR_CHOICES).default("auto"),
    )
    .hook("preAction", async (_, command) => {
      applyEnvironment(command, process.env);
      useColor(program.opts<{ color: ColorChoice }>().color);
      await noteUnknownVariables(program, process.env);
    });
  registerInit(program, done);
  registerValidate(program, done);
  registerRun(program, done);
  registerExplain(program, done);
  registerCompare(program, done);
  registerPlan(program, done);
  registerWhatif(program, done);
  registerSweep(program, done);
  registerMerge(program, done);
  registerWorker(program, done);
  registerVerify(program, done);
  registerBench(program, done);
  registerImport(program, done, importers);
  registerExport(program, done);
  registerFit(program, done);
  registerStudy(program, done);
  registerShapes(program, done);
  registerSchema(program, done);
  registerVersion(program, done);
  keepHouseRules(program);
  return program;
}

// Commander hands settings down only to commands made after them; these hold for every one.
function keepHouseRules(command: Command): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: printResult,
      writeErr: printNote,
      outputError: (text, write) => write(usageText(command, text)),
    });
  enforceOptionRules(command);
  for (const inner of command.commands) keepHouseRules(inner);
}

// Commander calls a value for a switch an unknown option.
function usageText(command: Command, text: string): string {
  const flag = /unknown option '(--[^=']+)=/.exec(text)?.[1];
  const isKnown = command.options.some((option) => option.long === flag);
  return flag !== undefined && isKnown ? `error: option '${flag}' takes no value\n` : text;
}

function refuseUnknownHelp(program: Command, argv: readonly string[]): void {
  const [first, topic] = argv;
  if (first !== "help" || topic === undefined || topic.startsWith("-")) return;
  const names = program.commands.map((command) => command.name());
  if (!names.includes(topic) && topic !== "help") {
    const message = `unknown command '${topic}'; there are ${names.join(", ")}`;
    throw new CommandFailure(EXIT.usage, message);
  }
}

async function exitCodeOf(error: unknown, argv: readonly string[]): Promise<ExitCode> {
  if (error instanceof ReaderGone) return EXIT.ok;
  if (error instanceof CommanderError) {
    if (error.code === "commander.unknownCommand" && looksLikeFile(argv[0] ?? ""))
      printNote(`hint: podsim run ${argv.join(" ")}\n`);
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  const { exitCode, text, output } = await failureReport(error, {
    debug: argv.includes("--debug"),
    json: /(^| )(-o ?|--format[ =])json( |$)/.test(argv.join(" ")),
  });
  printNote(text);
  try {
    printResult(output);
  } catch (second) {
    if (!(second instanceof ReaderGone)) throw second;
  }
  return exitCode;
}

function looksLikeFile(word: string): boolean {
  return /\.(ya?ml|jsonl?)(\.gz)?$/.test(word) || word === "-";
}
