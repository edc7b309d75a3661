// The scenario that an import writes: a small file beside the tables that hold the data.
//
// Text made by hand and not by a YAML writer, because people read and edit it; a test reads each one
// with the real reader. What the import did to the data stands in its comments.

import type { ImportedScenario, ImportNote } from "../../workload/index.ts";
import { SCENARIO_API_VERSION } from "../scenario/scenario.ts";

/** What an import leaves beside the data. */
export interface ImportedText {
  readonly scenario: ImportedScenario;
  /** The tables as the scenario names them. */
  readonly nodesFile: string;
  readonly podsFile: string;
  /** The command line that did it. */
  readonly command: string;
  readonly notes: readonly ImportNote[];
}

/** Text of the scenario file. */
export function importedScenarioText(imported: ImportedText): string {
  const { scenario, nodesFile, podsFile, command, notes } = imported;
  const comments = [
    `Made by: ${command}`,
    ...scenario.origin,
    ...notes.map((note) => importNoteText(note)),
  ];
  const namespaces = scenario.namespaces.map(
    (name) => `    - { apiVersion: v1, kind: Namespace, metadata: { name: ${quoted(name)} } }\n`,
  );
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
${namespaces.length === 0 ? "" : `cluster:\n  objects:\n${namespaces.join("")}`}\
workload:
  traces:
    - { format: tables, files: [${quoted(nodesFile)}, ${quoted(podsFile)}] }
controlPlane:
  preset: ${scenario.preset}
`;
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
