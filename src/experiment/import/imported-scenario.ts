// The scenario that an import writes: a small file beside the tables that hold the data.
//
// Text made by hand and not by a YAML writer, because people read and edit it; a test reads each one
// with the real reader. What the import did to the data stands in its comments.

import { type Duration, formatDuration } from "../../base/index.ts";
import type { ImportedScenario, ImportedStep, ImportNote } from "../../workload/index.ts";
import { SCENARIO_API_VERSION } from "../scenario/scenario.ts";

/** What an import leaves beside the data. */
export interface ImportedText {
  readonly scenario: ImportedScenario;
  /** The tables as the scenario names them; undefined where there is none. */
  readonly nodesFile: string | undefined;
  readonly podsFile: string | undefined;
  /** The command line that did it. */
  readonly command: string;
  readonly notes: readonly ImportNote[];
}

/** Text of the scenario file. */
export function importedScenarioText(imported: ImportedText): string {
  const { scenario, command, notes } = imported;
  const comments = [
    `Made by: ${command}`,
    ...scenario.origin,
    ...(scenario.units ?? []),
    ...notes.map((note) => importNoteText(note)),
  ];
  const objects = [
    ...scenario.namespaces.map((name) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    })),
    ...(scenario.objects ?? []),
  ];
  return `${comments.map((line) => `# ${line.replace(/[\r\n]+/g, " ")}\n`).join("")}\
apiVersion: ${SCENARIO_API_VERSION}
kind: Scenario
metadata:
  name: ${quoted(scenario.name)}
  description: ${quoted(scenario.description)}
run:
  study: terminating
  until: drained
  seed: "1"
${listOf("cluster:\n  objects", objects)}${workloadText(imported)}${schedulersText(scenario)}\
controlPlane:
  preset: ${scenario.preset}
${scenario.wallStart === undefined ? "" : `  wallStart: ${quoted(scenario.wallStart)}\n`}`;
}

function workloadText({ scenario, nodesFile, podsFile }: ImportedText): string {
  const tables = [nodesFile, podsFile].flatMap((file) => (file === undefined ? [] : [file]));
  const traces = tables.length === 0 ? [] : [{ format: "tables", files: tables }];
  const parts = [
    listOf("  traces", traces),
    listOf("  manifests", (scenario.steps ?? []).map(stepOf)),
    listOf("  edits", scenario.edits ?? []),
  ].join("");
  return parts === "" ? "" : `workload:\n${parts}`;
}

function stepOf({ name, atUs, after, objects }: ImportedStep): object {
  return {
    ...(name === undefined ? {} : { name }),
    ...(atUs === undefined ? {} : { at: formatDuration(atUs as Duration) }),
    ...(after === undefined || after.length === 0 ? {} : { after }),
    objects,
  };
}

function schedulersText({ schedulerConfiguration }: ImportedScenario): string {
  if (schedulerConfiguration === undefined) return "";
  return listOf("schedulers", [{ name: "imported", config: schedulerConfiguration }]);
}

// One item per line: JSON's values are YAML's too.
function listOf(key: string, items: readonly object[]): string {
  if (items.length === 0) return "";
  const indent = " ".repeat(key.length - key.trimStart().length + (key.includes("\n") ? 4 : 2));
  return `${key}:\n${items.map((item) => `${indent}- ${JSON.stringify(item)}\n`).join("")}`;
}

/** One line of the account, such as `dropped 12 (from line 3): nodes beyond point 100`. */
export function importNoteText({ effect, what, count, firstLine }: ImportNote): string {
  const place = firstLine === undefined ? "" : ` (from line ${firstLine})`;
  return `${effect} ${count}${place}: ${what}`;
}

// JSON's quoted text is YAML's too.
function quoted(text: string): string {
  return JSON.stringify(text);
}
