// A problem: one thing that is wrong with what a user gave, with its place and remedy.
//
// Readers collect problems instead of stopping at the first; only the edge turns them into an
// InputError. One grammar prints them all. It is not for broken assertions: those are our bugs.

/** How bad a problem is: an error refuses the input, a warning and a note only speak. */
export type Severity = "error" | "warning" | "note";

/** One thing wrong with an input. Lines and columns start at 1; columns and widths count UTF-16 units. */
export interface Problem {
  /** Stable upper-case code, such as `E_UNKNOWN_FIELD`; codes of limits begin with `E_LIMIT_`. */
  readonly code: string;
  readonly severity: Severity;
  /** What was found and what was expected; no final stop. */
  readonly message: string;
  /** The file as the user named it. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Length of the faulty text on its line, for the carets. */
  readonly width?: number;
  /** Place in the document, as `workload.generators[0].pod`. */
  readonly path?: string;
  /** One remedy, such as `did you mean 'replicas'?`. */
  readonly hint?: string;
  /** The text of the line. */
  readonly sourceLine?: string;
}

/** Input that cannot be used, thrown at the edge only. Exit code 4 when a limit was hit, else 3. */
export class InputError extends Error {
  readonly problems: readonly Problem[];
  readonly exitCode: 3 | 4;

  constructor(problems: readonly Problem[]) {
    super(formatProblems(problems));
    this.name = "InputError";
    this.problems = problems;
    this.exitCode = exitCodeOf(problems);
  }
}

/** 4 when one of the errors is a limit, 3 for any other error. */
export function exitCodeOf(problems: readonly Problem[]): 3 | 4 {
  return problems.some((p) => p.severity === "error" && p.code.startsWith("E_LIMIT_")) ? 4 : 3;
}

/** Whether at least one of the problems refuses the input. */
export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}

/** A copy sorted by file, line, column; problems without a place come last, equal places keep their order. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map((problem) => problem.file))];
  const place = (value: number | undefined): number => value ?? Number.MAX_SAFE_INTEGER;
  return problems
    .map((problem, index) => ({ problem, index, file: files.indexOf(problem.file) }))
    .sort(
      (a, b) =>
        a.file - b.file ||
        place(a.problem.line) - place(b.problem.line) ||
        place(a.problem.column) - place(b.problem.column) ||
        a.index - b.index,
    )
    .map(({ problem }) => problem);
}

/** A path as text: `spec.containers[0].env["a.b/c"]`; the root is the empty text. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

/**
 * One problem in the grammar of all commands: place, severity, code, path and message on the first
 * line, then the source line with carets, then the hint. Control characters come out escaped, so a
 * hostile file cannot drive the terminal.
 */
export function formatProblem(problem: Problem): string {
  const lines = [formatHeadline(problem)];
  if (problem.sourceLine !== undefined && problem.line !== undefined) {
    lines.push(...formatSourceLine(problem, problem.line, problem.sourceLine));
  }
  if (problem.hint !== undefined) lines.push(`hint: ${escapeControls(problem.hint)}`);
  return lines.join("\n");
}

/** All problems by position, errors first to be shown when there are more than `max`, then a count of the rest. */
export function formatProblems(problems: readonly Problem[], max: number = 20): string {
  const sorted = sortProblems(problems);
  const shown = choose(sorted, max);
  const parts = shown.map(formatProblem);
  if (shown.length < sorted.length) {
    parts.push(`... and ${sorted.length - shown.length} more (${countBySeverity(sorted)} in all)`);
  }
  return parts.join("\n");
}

/** Makes control and direction-changing characters visible as `\xNN` or `\u{N}`; a tab becomes one space. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    if (character === "\t") return " ";
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

const CONTROLS = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\p{Cs}]/gu;

function formatHeadline(problem: Problem): string {
  let place = problem.file === undefined ? "" : escapeControls(problem.file);
  if (problem.line !== undefined) {
    place += `${place === "" ? "" : ":"}${problem.line}`;
    if (problem.column !== undefined) place += `:${problem.column}`;
  }
  const head = `${place}${place === "" ? "" : ": "}${problem.severity}[${problem.code}]: `;
  const path = problem.path === undefined || problem.path === "" ? "" : `${problem.path}: `;
  return head + escapeControls(path + problem.message);
}

/** Longest stretch of a source line that is shown; a one-line JSON dump must not fill the screen. */
const SHOWN_WIDTH = 100;

function formatSourceLine(problem: Problem, line: number, sourceLine: string): string[] {
  const column = problem.column ?? 1;
  const from = column - 1 > SHOWN_WIDTH - 20 ? column - 1 - 40 : 0;
  const shown = sourceLine.slice(from, from + SHOWN_WIDTH);
  const number = String(line).padStart(5);
  const before = escapeControls(shown.slice(0, column - 1 - from));
  const marked = escapeControls(
    shown.slice(column - 1 - from, column - 1 - from + (problem.width ?? 1)),
  );
  return [
    `${number} | ${escapeControls(shown)}`.trimEnd(),
    `${" ".repeat(number.length)} | ${" ".repeat(before.length)}${"^".repeat(Math.max(1, marked.length))}`,
  ];
}

// Errors must not be pushed off the list by warnings that come before them.
function choose(sorted: readonly Problem[], max: number): readonly Problem[] {
  if (sorted.length <= max) return sorted;
  const errors = sorted.filter((problem) => problem.severity === "error");
  const kept = new Set(errors.slice(0, max));
  for (const problem of sorted) {
    if (kept.size >= max) break;
    kept.add(problem);
  }
  return sorted.filter((problem) => kept.has(problem));
}

function countBySeverity(problems: readonly Problem[]): string {
  const parts: string[] = [];
  for (const severity of ["error", "warning", "note"] as const) {
    const count = problems.filter((problem) => problem.severity === severity).length;
    if (count > 0) parts.push(`${count} ${severity}${count === 1 ? "" : "s"}`);
  }
  return parts.join(", ");
}
