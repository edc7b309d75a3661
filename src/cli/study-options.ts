// Options that every study shares: how many threads, where results are kept, which share of the cells.
//
// What they mean is in study-run.ts; here is how they are read, and what excludes what.

import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError } from "./commander.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { collect, positiveCount } from "./option-parts.ts";
import type { Shard } from "./study-run.ts";

/** What `addStudyOptions` leaves in a command's options. */
export interface StudyOptions {
  readonly workers: number;
  readonly store?: string;
  readonly shard?: Shard;
  readonly queue?: string;
}

/** What `addReplicationOptions` leaves in a command's options. */
export interface ReplicationOptions {
  readonly vary?: readonly string[];
  readonly replications?: number;
  readonly confidence: number;
  readonly measure?: readonly string[];
  readonly warmup?: string;
}

/** Adds the options that say what differs between replications, how many there are, what is told. */
export function addReplicationOptions(command: Command): Command {
  return command
    .option(
      "--vary <parts>",
      "what differs between replications: arrivals, lifetimes, faults, order, ties",
      parts,
    )
    .option(
      "-n, --replications <count>",
      "runs of each variant (default: the scenario's, or 20)",
      positiveCount,
    )
    .option("--confidence <percent>", "of intervals and verdicts", confidence, 0.95)
    .option("--measure <name>", "only this measure (repeatable)", collect)
    .option(
      "--warmup <auto|duration>",
      "of a steady-state study: what to delete from every run; auto finds it by a pilot",
    );
}

/** Adds the options that say where and how cells run. */
export function addStudyOptions(command: Command): Command {
  return command
    .option("--workers <count>", "threads", positiveCount, availableParallelism())
    .option("--store <folder>", "keep every cell's result there; what is there is not run again")
    .option(
      "--shard <i/n>",
      "run only every n-th cell from the i-th on, counted from 0; podsim merge joins the stores",
      shard,
    )
    .option("--queue <url>", "give cells to podsim worker through a Redis (redis://host:6379)");
}

/** `--set` and `--warmup` as overrides of the scenario, in that order. */
export function overridesOf(options: {
  readonly set?: readonly string[];
  readonly warmup?: string;
}): string[] {
  const { set = [], warmup } = options;
  return [...set, ...(warmup === undefined ? [] : [`run.warmup=${warmup}`])];
}

/** Refuses combinations that cannot do what they say. */
export function refuseStudyOptions(options: StudyOptions): void {
  if (options.shard !== undefined && options.store === undefined)
    throw new CommandFailure(EXIT.usage, "--shard needs --store: what else would be merged later?");
  if (options.queue !== undefined && options.store === undefined)
    throw new CommandFailure(
      EXIT.usage,
      "--queue needs --store: Redis may forget, a folder does not",
    );
}

function shard(text: string): Shard {
  const match = /^(\d{1,9})\/([1-9]\d{0,8})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || index >= count)
    throw new InvalidArgumentError("Shards are counted from 0: 0/3, 1/3, 2/3.");
  return { index, count };
}

/** Reads a share such as 95% or 0.95. */
export function percent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(\s?%)?$/.exec(text);
  if (match === null) return undefined;
  return match[2] === undefined ? Number(match[1]) : Number(match[1]) / 100;
}

function confidence(text: string): number {
  const ratio = percent(text);
  if (ratio === undefined || ratio < 0.5 || ratio >= 1)
    throw new InvalidArgumentError("A share from 50% to below 100% is expected, such as 95%.");
  return ratio;
}

function parts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
