// The files that a command line names: read, told apart, and given names that fit into results.
//
// A short name does not depend on where the user stands; it goes into hashes and results. The path as
// typed is kept beside it for messages.

import { basename, relative, sep } from "node:path";
import { InputError, type Problem } from "../../base/index.ts";
import type { InputBytes } from "../run-input.ts";
import { folderOf, INPUT_BYTES_MAX, readInputPath } from "./input-files.ts";

/** What is read of a command line's inputs. */
export interface GivenFilesRequest {
  readonly inputs: readonly string[];
  readonly recursive: boolean;
  readonly maxInputBytes: number | undefined;
  /** What stdin held, where it was read already. */
  readonly stdin?: Uint8Array | undefined;
}

/** The scenario, if there is one, and the objects beside it. */
export class GivenFiles {
  readonly scenario: InputBytes | undefined;
  readonly scenarioFolder: string;
  readonly extra: readonly InputBytes[];
  /** Every file with the input that it was found through. */
  readonly all: readonly { readonly root: string; readonly file: InputBytes }[];
  /** Short name to path. */
  readonly paths: Map<string, string> = new Map();

  constructor(request: GivenFilesRequest) {
    const bytesMax = request.maxInputBytes ?? INPUT_BYTES_MAX;
    const files = request.inputs.flatMap((path) =>
      readInputPath(path, request.recursive, bytesMax, request.stdin).map((file) => ({
        root: path,
        file,
      })),
    );
    const scenarios = files.filter(({ file }) => holdsScenario(file));
    if (scenarios.length > 1) {
      const names = scenarios.map(({ file }) => file.name).join(", ");
      const message = `one run has one scenario; these are ${scenarios.length}: ${names}`;
      throw new InputError([{ code: "E_SCENARIOS", severity: "error", message }]);
    }
    if (scenarios.length === 0 && files.every(({ file }) => isBlank(file.bytes))) {
      const [first] = files;
      throw new InputError([emptyProblem(first?.file.name ?? "")]);
    }
    this.all = files;
    const [scenario] = scenarios;
    this.scenarioFolder = folderOf(scenario?.file.name ?? ".");
    this.scenario = scenario === undefined ? undefined : this.named(scenario.root, scenario.file);
    this.extra = files
      .filter((entry) => entry !== scenario)
      .map(({ root, file }) => this.named(root, file));
  }

  private named(root: string, file: InputBytes): InputBytes {
    const isFound = root !== file.name && root !== "-";
    const short = isFound ? relative(root, file.name).replaceAll(sep, "/") : basename(file.name);
    let name = short;
    for (let count = 2; this.paths.has(name); count++) name = `${short} (${count})`;
    this.paths.set(name, file.name);
    return { name, bytes: file.bytes, ...(isFound ? { isFound } : {}) };
  }
}

const BLANK_BYTES_MAX = 64 * 1024;

// Nothing but blanks, comments and separators; a kubectl that failed leaves such a pipe.
function isBlank(bytes: Uint8Array): boolean {
  if (bytes.length > BLANK_BYTES_MAX) return false;
  const lines = new TextDecoder().decode(bytes).split(/\r?\n/);
  return lines.every((line) => /^\s*(#.*|---(\s.*)?|\.\.\.)?$/.test(line));
}

function emptyProblem(file: string): Problem {
  return {
    ...{ code: "E_EMPTY", severity: "error", file },
    message: "holds neither a scenario nor Kubernetes objects",
    hint: "podsim init writes a scenario to start from",
  };
}

// Cheap and safe: the kind is looked for before anything is parsed as a whole.
function holdsScenario(file: InputBytes): boolean {
  const head = new TextDecoder().decode(file.bytes.subarray(0, 64 * 1024));
  return (
    /^["']?kind["']?\s*:\s*["']?Scenario["']?\s*,?\s*(#.*)?$/m.test(head) ||
    /"kind"\s*:\s*"Scenario"/.test(head) ||
    /^["']?apiVersion["']?\s*:\s*["']?podsim\.dev\//m.test(head) ||
    /"apiVersion"\s*:\s*"podsim\.dev\//.test(head)
  );
}
