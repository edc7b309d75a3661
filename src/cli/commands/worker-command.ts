// `podsim worker --queue redis://HOST:PORT`: takes cells of studies that others began, until Ctrl-C.
//
// What the words on the command line mean; the work itself is in queue-worker.ts.

import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { InvalidArgumentError } from "../commander.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { positiveCount } from "../option-parts.ts";
import { printNote } from "../output.ts";

interface WorkerOptions {
  readonly queue: string;
  readonly store?: string;
  readonly workers: number;
  readonly stall: number;
  readonly attempts: number;
  readonly pluginDeadline?: string;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  podsim worker --queue redis://127.0.0.1:6379
  podsim worker --queue redis://queue:6379 --store /shared/cells --workers 8

`;

/** Adds the command to the program. */
export function registerWorker(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("worker")
    .description("run cells of sweeps and comparisons that were given --queue")
    .addHelpText("before", EXAMPLES)
    .requiredOption("--queue <url>", "Redis that the study was given, such as redis://host:6379")
    .option("--store <folder>", "also keep results there, where the coordinator's folder is shared")
    .option("--workers <count>", "threads", positiveCount, availableParallelism())
    .option(
      "--stall <duration>",
      "after so long without a sign of life a cell goes to another worker",
      duration,
      30_000,
    )
    .option("--attempts <count>", "beginnings of a cell before it is given up", positiveCount, 100)
    .option("--plugin-deadline <duration>", "longest call into user code (default: 1s)")
    .option("-q, --quiet", "no notes")
    .action(async (options: WorkerOptions) => {
      const debug = program.opts<{ debug?: boolean }>().debug === true;
      done(await work(options, debug));
    });
}

async function work(options: WorkerOptions, debug: boolean): Promise<ExitCode> {
  const { workOnQueue } = await import("../queue-worker.ts");
  const note = options.quiet === true ? () => undefined : printNote;
  let code: ExitCode = EXIT.ok;
  const stop = new Promise<void>((resolve) => {
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.on(name, () => {
        const isSecond = code !== EXIT.ok;
        code = name === "SIGINT" ? EXIT.interrupted : EXIT.terminated;
        if (isSecond) process.exit(code);
        note("stopping after the present cells; once more to leave at once\n");
        resolve();
      });
  });
  let count = 0;
  await workOnQueue(
    {
      url: options.queue,
      store: options.store,
      workersCount: options.workers,
      stallMs: options.stall,
      attemptsMax: options.attempts,
      settings: { pluginDeadline: options.pluginDeadline, debug, json: false },
      onDone: () => {
        count++;
      },
    },
    stop,
  );
  note(`${count} cells run\n`);
  return code;
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const unit = match?.[2];
  const ms = Number(match?.[1]) * (unit === "ms" ? 1 : unit === "s" ? 1000 : 60_000);
  if (match === null || ms < 100)
    throw new InvalidArgumentError("A duration of at least 100ms is expected, such as 30s.");
  return Math.floor(ms);
}
