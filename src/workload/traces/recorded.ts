// Reader and writer of `recorded` traces: what the generators and traces of a scenario gave, in full.
//
// JSON lines: the first names the version; then nodes, pod templates as they are first needed, and pods in
// the order in which they came. Unlike the tables it holds any pod template, so that what is exported and
// read again gives the same pods at the same instants. Described in docs/import.md.

import { JsonElements, type Problem } from "../../base/index.ts";
import { piecesOf, type Trace, type TraceFile, type TraceFormat, type TracePod } from "../trace.ts";
import { TracePodTable } from "../trace-pods.ts";

/** Version of the shape, in the first line. */
export const RECORDED_VERSION = "podsim.dev/trace/v1";

/** The format's entry in the registry. */
export const RECORDED: TraceFormat = {
  format: "recorded",
  files: "one trace as podsim export writes it (JSON lines)",
  read: readRecorded,
};

/** The lines of a trace; each ends with a line end. */
export const recordedLine = {
  version: (): string => line({ trace: RECORDED_VERSION }),
  node: (node: object): string => line({ node }),
  template: (template: object): string => line({ template }),
  pod: ({ name, namespace, submittedUs, durationUs, template }: TracePod): string =>
    line({ pod: name, namespace, at_us: submittedUs, run_us: durationUs, template }),
} as const;

function line(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads traces in the order in which they are named; pods of later files come behind at equal instants. */
export function readRecorded(files: readonly TraceFile[]): Trace {
  const nodes: object[] = [];
  const templates: object[] = [];
  const pods = new TracePodTable();
  const problems: Problem[] = [];
  for (const source of files) {
    const file = source.name;
    const firstTemplate = templates.length;
    let isFirst = true;
    const refuse = (at: number, message: string): void => {
      problems.push({ code: "E_TRACE_VALUE", severity: "error", message, file, line: at });
    };
    const reader = new JsonElements(
      (value, at) => {
        const fields = (typeof value === "object" && value !== null ? value : {}) as Fields;
        if (isFirst) {
          isFirst = false;
          if (fields["trace"] === RECORDED_VERSION) return;
          refuse(
            at,
            `the first line names no version: {"trace":"${RECORDED_VERSION}"} was expected`,
          );
        } else if (isMap(fields["node"])) nodes.push(fields["node"]);
        else if (isMap(fields["template"])) templates.push(fields["template"]);
        else {
          const pod = podOf(fields, firstTemplate);
          if (typeof pod === "string") refuse(at, pod);
          else if (pod.template >= templates.length) refuse(at, "the template has not come yet");
          else pods.add(pod);
        }
      },
      { file },
    );
    for (const piece of piecesOf(source)) reader.push(piece);
    reader.end();
    if (isFirst && reader.problems.length === 0) refuse(1, "the file is empty");
    problems.push(...reader.problems);
  }
  pods.orderByInstant();
  return { format: "recorded", nodes, templates, pods, notes: [], problems };
}

function podOf(fields: Fields, firstTemplate: number): TracePod | string {
  const { pod: name, namespace, at_us: atUs, run_us: runUs, template } = fields;
  if (typeof name !== "string" || name === "" || typeof namespace !== "string")
    return "a node, a template or a pod with its namespace was expected";
  if (!isCount(atUs) || !isCount(template) || !(runUs === undefined || isCount(runUs)))
    return "at_us, run_us and template are whole numbers of at least 0";
  return {
    ...{ name, namespace, submittedUs: atUs, durationUs: runUs },
    template: firstTemplate + template,
  };
}

function isMap(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
