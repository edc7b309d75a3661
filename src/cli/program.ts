// The command line: which commands there are, what a usage error looks like, how a command ends.
//
// Commands are loaded when they are called, so that `podsim --help` stays quick. A command returns an
// exit code; it never ends the process itself, because results may still be on their way out.

import { Command, CommanderError } from "commander";
import { CommandFailure, EXIT, type ExitCode } from "./exit-codes.ts";
import { failureReport } from "./failure-report.ts";
import { printNote, printResult, ReaderGone } from "./output.ts";
import { registerExplain } from "./commands/explain-command.ts";
import { registerInit } from "./commands/init-command.ts";
import { registerRun } from "./commands/run-command.ts";
import { registerSchema } from "./commands/schema-command.ts";
import { registerValidate } from "./commands/validate-command.ts";
import { registerVerify } from "./commands/verify-command.ts";
import { registerVersion } from "./commands/version-command.ts";

const SHORT_HELP = `podsim: what would Kubernetes have done?

  podsim init                       write a commented scenario to start from
  podsim run scenario.yaml          run it and leave the numbers in results/

Every command: podsim --help
`;

/** Runs one command line (without node and script) and returns the exit code. */
export async function runCommandLine(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) {
      printResult(SHORT_HELP);
      return EXIT.ok;
    }
    refuseRepeatedOptions(program, argv);
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return exitCodeOf(error, argv.includes("--debug"));
  }
}

function createProgram(done: (code: ExitCode) => void): Command {
  const program = new Command("podsim")
    .description("A deterministic discrete-event simulator of Kubernetes scheduling.")
    .addHelpText("before", EXAMPLES)
    .option("--debug", "show stack traces")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: printResult,
      writeErr: printNote,
      outputError: (text, write) => write(text),
    });
  registerInit(program, done);
  registerValidate(program, done);
  registerRun(program, done);
  registerExplain(program, done);
  registerVerify(program, done);
  registerSchema(program, done);
  registerVersion(program, done);
  for (const command of program.commands) command.exitOverride().showSuggestionAfterError(true);
  return program;
}

const EXAMPLES = `Examples:
  podsim init                                    write scenario.yaml
  podsim run scenario.yaml                       run it
  podsim run -f manifests/ -R -f nodes.yaml      plain Kubernetes objects
  podsim explain results/shop-1a2b3c4d web-0     why is this pod where it is
  podsim verify decisions recorded.jsonl         compare with a real scheduler

`;

// Commander lets the last of two equal options win; a user who gives both meant something else.
function refuseRepeatedOptions(program: Command, argv: readonly string[]): void {
  const command = program.commands.find((candidate) => argv.includes(candidate.name()));
  if (command === undefined) return;
  const end = argv.indexOf("--");
  const words = end < 0 ? argv : argv.slice(0, end);
  for (const option of command.options) {
    if (option.variadic || REPEATABLE.has(option.long ?? "")) continue;
    const given = words.filter(
      (word) => word === option.long || word === option.short || word.startsWith(`${option.long}=`),
    );
    if (given.length > 1) {
      throw new CommandFailure(
        EXIT.usage,
        `option '${option.flags}' was given ${given.length} times`,
      );
    }
  }
}

/** Options that may be given more than once. */
const REPEATABLE: ReadonlySet<string> = new Set([
  "--filename",
  "--set",
  "--threshold",
  "--scheduler",
  "--verbose",
]);

function exitCodeOf(error: unknown, debug: boolean): ExitCode {
  if (error instanceof ReaderGone) return EXIT.ok;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const { exitCode, text } = failureReport(error, debug);
  printNote(text);
  return exitCode;
}
