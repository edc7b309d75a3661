// YAML in: text to positioned documents, with every fault placed by line and column.
//
// The parts: yaml-events.ts (the package), yaml-values.ts (values and faults), yaml-positions.ts
// (paths to places), yaml-scalar.ts (what an unquoted text means). It does not know what values mean.

import { assert } from "./assert.ts";
import { LineIndex, PositionedDocument, type SpanFinder } from "./positioned-document.ts";
import type { Problem } from "./problem.ts";
import { limitsOf, type ReadLimits, type ReadOptions } from "./read-limits.ts";
import { dumpYaml, parseYamlEvents, type YamlSyntaxFault } from "./yaml-events.ts";
import { createSpanFinders } from "./yaml-positions.ts";
import { type YamlFault, YamlValueBuilder } from "./yaml-values.ts";

/** What a reader found: the documents that could be read, and everything wrong with the text. */
export interface ReadOutcome {
  readonly documents: PositionedDocument[];
  readonly problems: Problem[];
}

/**
 * Reads a YAML text of any number of documents; empty documents are left out (the index counts them).
 *
 * All problems come at once: one syntax error per document (a later document is still read), every
 * duplicate key with both lines, tags, aliases, and warnings for scalars that other readers take
 * differently. A document with an error in it is not returned.
 */
export function readYaml(text: string, options: ReadOptions = {}): ReadOutcome {
  const reading = new YamlReading(text, options);
  reading.read();
  return { documents: reading.documents, problems: reading.problems };
}

/** A plain value as block-style YAML, in its own key order; texts that could be misread are quoted. */
export function writeYaml(value: unknown): string {
  return dumpYaml(value);
}

/** A part of the text that is parsed on its own, and where it begins. */
interface Chunk {
  readonly text: string;
  readonly offset: number;
}

class YamlReading {
  readonly documents: PositionedDocument[] = [];
  readonly problems: Problem[] = [];
  private readonly lines: LineIndex;
  private documentCount = 0;

  private readonly text: string;
  private readonly file: string;
  private readonly limits: ReadLimits;
  private readonly lettersAreText: boolean;

  constructor(text: string, options: ReadOptions) {
    this.text = text;
    this.file = options.file ?? "";
    this.limits = limitsOf(options);
    this.lettersAreText = options.lettersAreText === true;
    this.lines = new LineIndex(text);
  }

  read(): void {
    const failure = this.readChunk({ text: this.text, offset: 0 });
    if (failure === undefined) return;
    // One fault hides the rest of its document only: read the documents one by one.
    const chunks = splitDocuments(this.text);
    if (chunks.length === 1) {
      this.addSyntaxProblem(failure, 0);
      return;
    }
    for (const chunk of chunks) {
      const fault = this.readChunk(chunk);
      if (fault === undefined) continue;
      this.addSyntaxProblem(fault, chunk.offset);
      this.documentCount++;
    }
  }

  private readChunk(chunk: Chunk): YamlSyntaxFault | undefined {
    const events = parseYamlEvents(chunk.text, this.limits.depthMax);
    if ("reason" in events) return events;
    const findersOf = createSpanFinders(chunk.text, chunk.offset, this.lettersAreText);
    let ordinal = 0;
    for (let next = 0; next < events.length; ordinal++) {
      const builder = new YamlValueBuilder(
        chunk.text,
        events,
        next,
        this.limits,
        this.lettersAreText,
      );
      builder.build();
      next = builder.next;
      this.keep(builder, chunk, findersOf(ordinal));
    }
    return undefined;
  }

  private keep(builder: YamlValueBuilder, chunk: Chunk, findSpan: SpanFinder): void {
    const index = this.documentCount++;
    const place = { file: this.file, lines: this.lines, offset: chunk.offset };
    for (const fault of builder.faults) this.problems.push(problemOfFault(fault, place));
    if (builder.isEmpty || builder.faults.some((fault) => fault.severity === "error")) return;
    this.documents.push(
      new PositionedDocument(builder.value, this.file, index, this.lines, findSpan),
    );
  }

  private addSyntaxProblem(fault: YamlSyntaxFault, offset: number): void {
    const start = offset + fault.offset;
    this.problems.push({
      code: fault.isTooDeep ? "E_LIMIT_DEPTH" : "E_SYNTAX",
      severity: "error",
      message: fault.isTooDeep
        ? `maps and lists nest deeper than ${this.limits.depthMax} levels`
        : `not YAML: ${fault.reason}`,
      file: this.file,
      ...this.lines.positionOf({ start, end: start + 1 }),
      ...(fault.reason.includes("tab characters") && { hint: "indent with spaces" }),
    });
  }
}

// A line that begins with --- always starts a document: no scalar may hold one.
function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let start = 0;
  for (const match of text.matchAll(/^---(?=[ \t\r\n]|$)/gm)) {
    if (match.index > start && /^\s*[^\s#%]/m.test(text.slice(start, match.index))) {
      chunks.push({ text: text.slice(start, match.index), offset: start });
      start = match.index;
    }
  }
  chunks.push({ text: text.slice(start), offset: start });
  return chunks;
}

function problemOfFault(
  fault: YamlFault,
  place: { file: string; lines: LineIndex; offset: number },
): Problem {
  const { start, end, otherOffset, ...rest } = fault;
  const { lines, offset } = place;
  const first =
    otherOffset === undefined ? "" : ` (first on line ${lines.lineAt(otherOffset + offset)})`;
  return {
    ...rest,
    message: rest.message + first,
    file: place.file,
    ...lines.positionOf({ start: start + offset, end: end + offset }),
  };
}

/**
 * The value of one flow document and its faults, by events: how JSON with duplicate keys or integers
 * beyond 2^53 is read. Warnings about ambiguous scalars do not apply to JSON and are left out.
 */
export function readJsonByEvents(
  text: string,
  place: { file: string; lines: LineIndex; offset: number },
  limits: ReadLimits,
): { value: unknown; problems: Problem[] } {
  const events = parseYamlEvents(text, limits.depthMax + 1);
  assert(!("reason" in events), "sound JSON is sound YAML");
  const builder = new YamlValueBuilder(text, events, 0, limits);
  builder.build();
  const faults = builder.faults.filter((fault) => fault.severity === "error");
  return {
    value: builder.value,
    problems: faults.map((fault) => problemOfFault(fault, place)),
  };
}
