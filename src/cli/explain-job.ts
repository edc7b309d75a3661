// One explanation from what the user typed to the record: reads the inputs, proves that they are the
// run's own, and lets the experiment floor replay or judge.

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { InputError, parseDuration, type Problem } from "../base/index.ts";
import {
  explainRun,
  explainSnapshot,
  type PreparedRun,
  prepareRun,
  type UserCallWatch,
} from "../experiment/index.ts";
import { loadRunInput, type RunInputRequest } from "../experiment/node.ts";
import type { ExplainRecord } from "../metrics/index.ts";
import type { ExplainOptions } from "./commands/explain-command.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";
import { VERSIONS } from "./versions.ts";

/** Who is told of what happens while an explanation is made. */
export interface ExplainWatch {
  /** Told of every call into user code. */
  readonly userCalls?: UserCallWatch | undefined;
  /** Told when the decision and its explanation begin to be worked out, and when that is over. */
  readonly onEvaluation?: (phase: "begin" | "end") => void;
}

const MANIFEST_SCHEMA = "podsim.dev/run/v1";

/** `podsim explain RUN_DIR POD`. */
export async function explainRunFolder(
  folder: string,
  pod: string,
  options: ExplainOptions,
  watch: ExplainWatch = {},
): Promise<ExplainRecord> {
  const { userCalls, onEvaluation } = watch;
  const manifest = readManifest(folder);
  if (manifest.options.inputs.includes("-")) {
    throw inputError(
      "E_STDIN_GONE",
      folder,
      "the run read its objects from stdin, which cannot be read again",
      "save them to a file, run that, and explain its results",
    );
  }
  const prepared = prepareRun(await loadAgain(requestOf(manifest, options), userCalls));
  refuseChangedInputs(folder, manifest, prepared);
  const record = explainRun(prepared, {
    pod,
    attempt: options.attempt,
    atUs: instantOf(options.at),
    node: options.node,
    top: options.top,
    maxEvents: manifest.options.maxEvents ?? undefined,
    // A run that was stopped early had no decisions after that.
    untilUs: manifest.end.partial ? manifest.end.atUs : undefined,
    fingerprint: manifest.end.partial ? undefined : manifest.fingerprint,
    ...{ userCalls, onEvaluation },
  });
  const notes = versionNotes(manifest);
  return notes.length === 0 ? record : { ...record, notes: [...notes, ...record.notes] };
}

/** `podsim explain -f FILE... [POD]`. */
export async function explainObjects(
  pod: string | undefined,
  options: ExplainOptions,
  watch: ExplainWatch = {},
): Promise<ExplainRecord> {
  const { userCalls, onEvaluation } = watch;
  const request = {
    inputs: options.filename ?? [],
    recursive: options.recursive === true,
    allowOutside: false,
    overrides: [],
    schedulers: options.scheduler ?? [],
    seed: undefined,
    horizon: undefined,
    thresholds: [],
    maxInputBytes: options.maxInputBytes,
    noPlugins: !options.plugins,
  };
  const input = await loadRunInput(request, userCalls);
  return explainSnapshot(prepareRun(input), {
    pod,
    node: options.node,
    top: options.top,
    ...{ userCalls, onEvaluation },
  });
}

/** What of `run.json` is needed to do the same again. */
interface Manifest {
  readonly inputs: readonly { readonly name: string; readonly sha256: string }[];
  readonly versions: Readonly<Record<string, string>>;
  readonly options: {
    readonly inputs: readonly string[];
    readonly recursive: boolean;
    readonly set: readonly string[];
    readonly schedulers: readonly string[];
    readonly seed: string | null;
    readonly for: string | null;
    readonly thresholds: readonly string[];
    readonly prices?: string;
    readonly maxEvents: number | null;
    readonly allowOutside: boolean;
  };
  readonly end: { readonly atUs: number; readonly partial: boolean };
  readonly fingerprint: string;
}

function readManifest(folder: string): Manifest {
  if (!existsSync(folder))
    throw inputError("E_NO_RUN", folder, "there is no such folder", RUN_HINT);
  if (!statSync(folder).isDirectory()) {
    throw inputError(
      "E_NO_RUN",
      folder,
      "is a file; a run folder is expected",
      "for one decision on objects: podsim explain -f FILE [POD]",
    );
  }
  const file = join(folder, "run.json");
  if (!existsSync(file))
    throw inputError("E_NO_RUN", folder, "holds no run.json, so no finished run", RUN_HINT);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw inputError("E_BAD_RUN", file, "is no readable JSON (cut off or edited?)", "run again");
  }
  if (!isManifest(value)) {
    throw inputError(
      "E_BAD_RUN",
      file,
      `is no manifest of ${MANIFEST_SCHEMA}`,
      "run again with this podsim",
    );
  }
  return value;
}

const RUN_HINT =
  "podsim run prints the folder it writes; podsim explain takes that folder and a pod";

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { schemaVersion, inputs, options, end, fingerprint, versions } = value as Record<
    string,
    unknown
  >;
  const isRecord = (part: unknown): part is Record<string, unknown> =>
    typeof part === "object" && part !== null;
  return (
    schemaVersion === MANIFEST_SCHEMA &&
    Array.isArray(inputs) &&
    isRecord(versions) &&
    isRecord(options) &&
    ["inputs", "set", "schedulers", "thresholds"].every((name) => isTexts(options[name])) &&
    isRecord(end) &&
    typeof end["atUs"] === "number" &&
    typeof fingerprint === "string"
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

// Paths in a manifest are as the user typed them then, so the folder of the command counts.
async function loadAgain(
  request: RunInputRequest,
  userCalls: UserCallWatch | undefined,
): ReturnType<typeof loadRunInput> {
  try {
    return await loadRunInput(request, userCalls);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const hint =
      "the run's inputs are looked for where they were: start explain in the folder where the run was started";
    throw new InputError(
      error.problems.map((problem) =>
        problem.code === "E_NO_FILE" ? { hint, ...problem } : problem,
      ),
    );
  }
}

function requestOf({ options }: Manifest, asked: ExplainOptions): RunInputRequest {
  return {
    inputs: options.inputs,
    recursive: options.recursive,
    allowOutside: options.allowOutside,
    overrides: options.set,
    schedulers: options.schedulers,
    seed: options.seed ?? undefined,
    horizon: options.for ?? undefined,
    thresholds: options.thresholds,
    prices: options.prices,
    maxInputBytes: asked.maxInputBytes,
    noPlugins: !asked.plugins,
  };
}

// The manifest's hashes against those of what is there now; every difference is named.
function refuseChangedInputs(folder: string, manifest: Manifest, prepared: PreparedRun): void {
  const problems: Problem[] = [];
  const now = new Map(prepared.inputs.map((input) => [input.name, input.sha256]));
  const report = (code: string, name: string, message: string): void => {
    problems.push({ code, severity: "error", file: name, message, hint: CHANGED_HINT });
  };
  for (const { name, sha256 } of manifest.inputs) {
    const found = now.get(name);
    if (found === undefined)
      report("E_INPUT_GONE", name, `was an input of ${folder} and is not there any more`);
    else if (found !== sha256) {
      report(
        "E_INPUT_CHANGED",
        name,
        `has changed since ${folder} was written (sha256 was ${sha256.slice(0, 12)}, is ${found.slice(0, 12)})`,
      );
    }
    now.delete(name);
  }
  for (const name of now.keys()) report("E_INPUT_NEW", name, `was no input of ${folder}`);
  if (problems.length > 0) throw new InputError(problems);
}

const CHANGED_HINT =
  "an explanation is a replay of the same inputs: run again, or restore the old file";

function versionNotes(manifest: Manifest): string[] {
  return Object.keys(VERSIONS)
    .filter((name) => manifest.versions[name] !== VERSIONS[name])
    .map(
      (name) =>
        `the run was made with ${name} ${manifest.versions[name] ?? "unknown"}, this is ${VERSIONS[name]}`,
    );
}

function instantOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed < 0) {
    throw new CommandFailure(
      EXIT.usage,
      `--at ${text}: no time since the start of the run (write 90s, 10m30s)`,
    );
  }
  return parsed;
}

function inputError(code: string, file: string, message: string, hint: string): InputError {
  return new InputError([{ code, severity: "error", file, message, hint }]);
}
