// YAML in: text to plain values, with every fault placed by line and column.
//
// The only importer of the YAML package. The package's events are walked here rather than by its own
// constructor, because that one stops at the first duplicate key, names one line only and expands
// nothing safely. Scalars are read by yaml-scalar.ts. It does not know what the values mean.

import {
  dump,
  type Event,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from "js-yaml";
import {
  type DocumentPath,
  LineIndex,
  PositionedDocument,
  type SpanFinder,
  type TextSpan,
} from "./positioned-document.ts";
import { formatPath, type Problem, type Severity } from "./problem.ts";
import {
  EXPANSION_ALWAYS_ALLOWED,
  limitsOf,
  type ReadLimits,
  type ReadOptions,
} from "./read-limits.ts";
import { hasLoneSurrogate } from "./well-formed.ts";
import { readPlainScalar } from "./yaml-scalar.ts";

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
  return dump(value, { lineWidth: -1, noRefs: true });
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
  const builder = new ValueBuilder(
    text,
    parseEvents(text, { maxDepth: limits.depthMax + 1 }),
    0,
    limits,
  );
  builder.build();
  const faults = builder.faults.filter((fault) => fault.severity === "error");
  return {
    value: builder.value,
    problems: faults.map((fault) => problemOfFault(fault, place)),
  };
}

/** Finds spans in a text by its events, parsed again when first asked; used for JSON as well. */
export function createSpanFinder(
  text: string,
  offset: number,
  documentOrdinal: number,
  lettersAreText: boolean = false,
): SpanFinder {
  let index: EventIndex | undefined;
  return (path, what) => {
    index ??= new EventIndex(
      text,
      parseEvents(text, { maxDepth: Number.MAX_SAFE_INTEGER }),
      lettersAreText,
    );
    const span = index.find(documentOrdinal, path, what);
    return span && { start: span.start + offset, end: span.end + offset };
  };
}

const NO_OFFSET = -1;

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

  private readChunk(chunk: Chunk): YAMLException | undefined {
    let events: Event[];
    try {
      events = parseEvents(chunk.text, { maxDepth: this.limits.depthMax });
    } catch (error) {
      if (error instanceof YAMLException) return error;
      if (error instanceof RangeError) return new YAMLException("nesting exceeded the call stack");
      throw error;
    }
    let ordinal = 0;
    for (let next = 0; next < events.length; ordinal++) {
      const builder = new ValueBuilder(chunk.text, events, next, this.limits, this.lettersAreText);
      builder.build();
      next = builder.next;
      this.keep(builder, chunk, ordinal);
    }
    return undefined;
  }

  private keep(builder: ValueBuilder, chunk: Chunk, ordinal: number): void {
    const index = this.documentCount++;
    const place = { file: this.file, lines: this.lines, offset: chunk.offset };
    for (const fault of builder.faults) this.problems.push(problemOfFault(fault, place));
    if (builder.isEmpty || builder.faults.some((fault) => fault.severity === "error")) return;
    const findSpan = createSpanFinder(chunk.text, chunk.offset, ordinal, this.lettersAreText);
    this.documents.push(
      new PositionedDocument(builder.value, this.file, index, this.lines, findSpan),
    );
  }

  private addSyntaxProblem(error: YAMLException, offset: number): void {
    const tooDeep = error.reason.startsWith("nesting exceeded");
    const start = offset + (error.mark?.position ?? 0);
    this.problems.push({
      code: tooDeep ? "E_LIMIT_DEPTH" : "E_SYNTAX",
      severity: "error",
      message: tooDeep
        ? `maps and lists nest deeper than ${this.limits.depthMax} levels`
        : `not YAML: ${error.reason}`,
      file: this.file,
      ...this.lines.positionOf({ start, end: start + 1 }),
      ...(error.reason.includes("tab characters") && { hint: "indent with spaces" }),
    });
  }
}

function problemOfFault(
  fault: Fault,
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

/** A problem in offsets of the chunk, before it has lines. */
interface Fault extends TextSpan {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint?: string;
  readonly path: string;
  readonly otherOffset?: number;
}

interface Anchor {
  readonly value: unknown;
  /** Nodes it expands to; -1 while it is still open. */
  readonly size: number;
}

/** Thrown inside the builder when a limit ends the document. */
class LimitReached extends Error {}

/** Builds the value of one document from its events and collects what is wrong with it. */
class ValueBuilder {
  value: unknown;
  isEmpty = false;
  /** Index of the event after the document. */
  next: number;
  readonly faults: Fault[] = [];
  private readonly anchors = new Map<string, Anchor>();
  private readonly path: (string | number)[] = [];
  private expandedNodes = 0;
  private expandedNodesMax: number;

  private readonly text: string;
  private readonly events: readonly Event[];
  private readonly limits: ReadLimits;
  private readonly lettersAreText: boolean;

  constructor(
    text: string,
    events: readonly Event[],
    start: number,
    limits: ReadLimits,
    lettersAreText: boolean = false,
  ) {
    this.lettersAreText = lettersAreText;
    this.text = text;
    this.events = events;
    this.next = start;
    this.limits = limits;
    this.expandedNodesMax = limits.expandedNodesMax;
  }

  build(): void {
    const start = this.next;
    const end = findEnd(this.events, start);
    let nodes = 0;
    for (let i = start + 1; i < end; i++) if (this.events[i]!.type !== EVENT_ID.POP) nodes++;
    this.expandedNodesMax = Math.min(
      this.limits.expandedNodesMax,
      Math.max(nodes * this.limits.expansionRatioMax, EXPANSION_ALWAYS_ALLOWED),
    );
    const root = this.events[start + 1]!;
    this.isEmpty = root.type === EVENT_ID.SCALAR && isAbsent(root);
    this.next = start + 1;
    try {
      this.value = this.buildNode();
    } catch (error) {
      if (!(error instanceof LimitReached)) throw error;
    }
    this.next = end + 1;
  }

  private buildNode(): unknown {
    const event = this.events[this.next++]!;
    this.count(1, event);
    switch (event.type) {
      case EVENT_ID.ALIAS:
        return this.resolveAlias(event);
      case EVENT_ID.SCALAR:
        return this.buildAnchored(event, () => this.readScalar(event));
      case EVENT_ID.SEQUENCE:
        this.checkTag(event, ["seq"]);
        return this.buildAnchored(event, () => this.buildSequence());
      case EVENT_ID.MAPPING:
        this.checkTag(event, ["map"]);
        return this.buildAnchored(event, () => this.buildMapping());
      default:
        throw new Error(`unexpected YAML event ${event.type}`);
    }
  }

  private buildAnchored(event: NodeEvent, build: () => unknown): unknown {
    if (event.anchorStart === NO_OFFSET) return build();
    const name = this.text.slice(event.anchorStart, event.anchorEnd);
    const before = this.expandedNodes - 1;
    this.anchors.set(name, { value: undefined, size: -1 });
    const value = build();
    this.anchors.set(name, { value, size: this.expandedNodes - before });
    return value;
  }

  private buildSequence(): unknown[] {
    const items: unknown[] = [];
    this.path.push(0);
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      this.path[this.path.length - 1] = items.length;
      items.push(this.buildNode());
    }
    this.path.pop();
    this.next++;
    return items;
  }

  private buildMapping(): Record<string, unknown> {
    const first = this.next;
    const value: Record<string, unknown> = {};
    const merges: { source: unknown; event: Event }[] = [];
    let seen: Map<string, number> | undefined;
    this.path.push("");
    while (this.events[this.next]!.type !== EVENT_ID.POP) {
      const keyEvent = this.events[this.next]!;
      const keyIndex = this.next;
      this.path[this.path.length - 1] =
        keyEvent.type === EVENT_ID.SCALAR ? getScalarValue(this.text, keyEvent) : "?";
      const key = this.readKey();
      if (key === undefined) {
        this.buildNode();
        continue;
      }
      if (key === MERGE) {
        merges.push({ source: this.buildNode(), event: keyEvent });
        continue;
      }
      this.path[this.path.length - 1] = key;
      if (Object.hasOwn(value, key)) {
        seen ??= collectKeyEvents(this.text, this.events, first, this.lettersAreText);
        this.addDuplicate(key, keyIndex, seen.get(key) ?? keyIndex);
        this.buildNode();
      } else {
        setOwn(value, key, this.buildNode());
      }
    }
    this.path.pop();
    this.next++;
    for (const { source, event } of merges) this.merge(value, source, event);
    return value;
  }

  // Explicit keys win over merged ones, earlier sources over later ones.
  private merge(target: Record<string, unknown>, source: unknown, event: Event): void {
    for (const one of Array.isArray(source) ? source : [source]) {
      if (typeof one !== "object" || one === null || Array.isArray(one)) {
        this.fault(event, "E_MERGE", "<< must be given a map or a list of maps");
        return;
      }
      for (const key of Object.keys(one)) {
        this.count(1, event);
        if (!Object.hasOwn(target, key)) setOwn(target, key, (one as Record<string, unknown>)[key]);
      }
    }
  }

  /** The key as text, MERGE for `<<`, undefined when the key cannot be used (a fault is noted). */
  private readKey(): string | typeof MERGE | undefined {
    const event = this.events[this.next]!;
    if (event.type !== EVENT_ID.SCALAR) {
      this.fault(event, "E_KEY", "a key must be text", "quote it if it is meant as text");
      this.buildNode();
      return undefined;
    }
    const isPlain = event.style === SCALAR_STYLE.PLAIN && event.tagStart === NO_OFFSET;
    if (isPlain && event.valueEnd - event.valueStart === 2 && this.sourceOf(event) === "<<") {
      this.next++;
      this.count(1, event);
      return MERGE;
    }
    const value = this.buildNode();
    if (typeof value === "string") return value;
    if (value === null) {
      this.fault(event, "E_KEY", "a key is missing or null", "quote it if it is meant as text");
      return undefined;
    }
    return String(value);
  }

  private readScalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.text, event);
    const tag = this.readTag(event);
    if (tag !== undefined) return this.readTagged(event, tag, text);
    if (event.style !== SCALAR_STYLE.PLAIN) {
      if (!event.fast && event.style === SCALAR_STYLE.DOUBLE_QUOTED && hasLoneSurrogate(text)) {
        this.fault(event, "E_ENCODING", "half of a surrogate pair is no character");
      }
      return text;
    }
    const { value, ambiguous } = readPlainScalar(text, this.lettersAreText);
    if (value === undefined) this.fault(event, "E_NOT_FINITE", `${text} is not a finite number`);
    if (ambiguous !== undefined) this.warnAmbiguous(event, text, ambiguous);
    return value;
  }

  private readTagged(event: ScalarEvent, tag: string, text: string): unknown {
    if (tag === "str" || tag === "!") return text;
    const { value } = readPlainScalar(text, this.lettersAreText);
    const kind = value === null ? "null" : typeof value;
    const fits =
      tag === "int"
        ? kind === "bigint" || Number.isInteger(value)
        : tag === "float"
          ? kind === "number"
          : (tag === "bool" ? "boolean" : tag) === kind;
    if (["int", "float", "bool", "null"].includes(tag)) {
      if (!fits) this.fault(event, "E_TAG", `'${text}' is not of the type !!${tag}`);
      return value;
    }
    this.refuseTag(event, tag);
    return text;
  }

  private checkTag(event: SequenceOrMapping, allowed: readonly string[]): void {
    const tag = this.readTag(event);
    if (tag !== undefined && tag !== "!" && !allowed.includes(tag)) this.refuseTag(event, tag);
  }

  private refuseTag(event: NodeEvent, tag: string): void {
    const shown = tag.includes(":") || tag.startsWith("!") ? tag : `!!${tag}`;
    this.faultAt(
      { start: event.tagStart, end: event.tagEnd },
      "E_TAG",
      `the tag ${shown} is not supported; tags never build anything but plain data`,
      "remove the tag",
    );
  }

  /** The short name of a core tag, another tag as written, undefined without a tag. */
  private readTag(event: NodeEvent): string | undefined {
    if (event.tagStart === NO_OFFSET) return undefined;
    const raw = this.text.slice(event.tagStart, event.tagEnd);
    if (raw.startsWith("!!")) return raw.slice(2);
    const core = /^!<tag:yaml\.org,2002:(\w+)>$/.exec(raw);
    return core?.[1] ?? raw;
  }

  private resolveAlias(event: AliasEvent): unknown {
    const name = this.text.slice(event.anchorStart, event.anchorEnd);
    const anchor = this.anchors.get(name);
    if (anchor === undefined) {
      this.fault(event, "E_ALIAS", `there is no anchor &${name} before this alias`);
      return null;
    }
    if (anchor.size === -1) {
      this.fault(event, "E_ALIAS_CYCLE", `the alias *${name} stands inside its own anchor`);
      return null;
    }
    this.count(anchor.size - 1, event);
    return anchor.value;
  }

  private count(nodes: number, event: Event): void {
    this.expandedNodes += nodes;
    if (this.expandedNodes <= this.expandedNodesMax) return;
    const most = this.limits.expandedNodesMax;
    const message =
      this.expandedNodesMax === most
        ? `the document has more than ${most} nodes after its aliases are expanded`
        : `aliases make the document more than ${this.limits.expansionRatioMax} times as large as its text`;
    this.fault(event, "E_LIMIT_ALIASES", message);
    throw new LimitReached();
  }

  private addDuplicate(key: string, index: number, firstIndex: number): void {
    const first = spanOf(this.events[firstIndex]!, this.text).start;
    this.faultAt(
      spanOf(this.events[index]!, this.text),
      "E_DUPLICATE_KEY",
      `the key '${key}' stands twice in this map`,
      undefined,
      first,
    );
  }

  private warnAmbiguous(event: ScalarEvent, text: string, reading: string): void {
    this.faults.push({
      code: "W_AMBIGUOUS_SCALAR",
      severity: "warning",
      message: `'${text}' is read as ${reading}, as kubectl does; other YAML readers differ`,
      hint: "quote it if text is meant, or write the plain form of the value",
      path: formatPath(this.path),
      ...spanOf(event, this.text),
    });
  }

  private fault(event: Event, code: string, message: string, hint?: string): void {
    this.faultAt(spanOf(event, this.text), code, message, hint);
  }

  private faultAt(
    span: TextSpan,
    code: string,
    message: string,
    hint?: string,
    otherOffset?: number,
  ): void {
    this.faults.push({
      code,
      severity: "error",
      message,
      path: formatPath(this.path),
      ...span,
      ...(hint !== undefined && { hint }),
      ...(otherOffset !== undefined && { otherOffset }),
    });
  }

  private sourceOf(event: ScalarEvent): string {
    return this.text.slice(event.valueStart, event.valueEnd);
  }
}

const MERGE: unique symbol = Symbol("<<");

type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
type AliasEvent = Extract<Event, { type: typeof EVENT_ID.ALIAS }>;
type SequenceOrMapping = Extract<Event, { start: number }>;
type NodeEvent = ScalarEvent | SequenceOrMapping;

/** Children of a mapping or sequence by key: event indices of key and value. */
type Children = Map<string | number, { key: number; value: number }>;

/** Answers where a path stands, by walking the events down and remembering the children it met. */
class EventIndex {
  private readonly text: string;
  private readonly events: readonly Event[];
  private readonly lettersAreText: boolean;
  private readonly children = new Map<number, Children>();
  /** Events that define each anchor, in order: an alias means the last one before it. */
  private readonly anchors = new Map<string, number[]>();
  private readonly roots: number[] = [];

  constructor(text: string, events: readonly Event[], lettersAreText: boolean) {
    this.text = text;
    this.events = events;
    this.lettersAreText = lettersAreText;
    for (let i = 0; i < events.length; i = findEnd(events, i) + 1) this.roots.push(i + 1);
    events.forEach((event, i) => {
      if (event.type !== EVENT_ID.ALIAS && "anchorStart" in event && event.anchorStart !== -1) {
        const name = text.slice(event.anchorStart, event.anchorEnd);
        const known = this.anchors.get(name);
        if (known === undefined) this.anchors.set(name, [i]);
        else known.push(i);
      }
    });
  }

  find(document: number, path: DocumentPath, what: "key" | "value"): TextSpan | undefined {
    let node = this.roots[document];
    let key = -1;
    for (const step of path) {
      const child = node === undefined ? undefined : this.childOf(node, step, 0);
      if (child === undefined) return undefined;
      node = child.value;
      key = child.key;
    }
    if (node === undefined) return undefined;
    const event = this.events[node]!;
    const valueIsAbsent = event.type === EVENT_ID.SCALAR && isAbsent(event);
    if (key !== -1 && (what === "key" || valueIsAbsent))
      return spanOf(this.events[key]!, this.text);
    return spanOf(event, this.text);
  }

  private childOf(
    node: number,
    step: string | number,
    hops: number,
  ): { key: number; value: number } | undefined {
    const target = this.targetOf(node);
    if (target === undefined || hops > 100) return undefined;
    const children = this.childrenOf(target);
    const child = children.get(step);
    const merged = children.get(MERGE_KEY);
    if (child !== undefined || merged === undefined || typeof step === "number") return child;
    const sources = this.targetOf(merged.value);
    if (sources === undefined) return undefined;
    if (this.events[sources]!.type !== EVENT_ID.SEQUENCE)
      return this.childOf(sources, step, hops + 1);
    for (const { value } of this.childrenOf(sources).values()) {
      const found = this.childOf(value, step, hops + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  private targetOf(node: number): number | undefined {
    const event = this.events[node]!;
    if (event.type !== EVENT_ID.ALIAS) return node;
    const definitions = this.anchors.get(this.text.slice(event.anchorStart, event.anchorEnd));
    return definitions?.findLast((index) => index < node);
  }

  private childrenOf(node: number): Children {
    const known = this.children.get(node);
    if (known !== undefined) return known;
    const children: Children = new Map();
    const type = this.events[node]!.type;
    if (type === EVENT_ID.SEQUENCE) {
      let ordinal = 0;
      for (
        let i = node + 1;
        this.events[i]!.type !== EVENT_ID.POP;
        i = findEnd(this.events, i) + 1
      ) {
        children.set(ordinal++, { key: -1, value: i });
      }
    } else if (type === EVENT_ID.MAPPING) {
      for (const [key, index] of collectKeyEvents(
        this.text,
        this.events,
        node + 1,
        this.lettersAreText,
      )) {
        children.set(key, { key: index, value: findEnd(this.events, index) + 1 });
      }
    }
    this.children.set(node, children);
    return children;
  }
}

/** Name under which a merge key is listed; no key of a document can collide, keys hold no NUL here. */
const MERGE_KEY = "\0<<";

/** Keys of a mapping whose first child is at `first`, each with the event where it first stands. */
function collectKeyEvents(
  text: string,
  events: readonly Event[],
  first: number,
  lettersAreText: boolean,
): Map<string, number> {
  const keys = new Map<string, number>();
  for (let i = first; events[i]!.type !== EVENT_ID.POP; ) {
    const event = events[i]!;
    if (event.type === EVENT_ID.SCALAR) {
      const source = getScalarValue(text, event);
      const isPlain = event.style === SCALAR_STYLE.PLAIN && event.tagStart === NO_OFFSET;
      const key = !isPlain
        ? source
        : source === "<<"
          ? MERGE_KEY
          : String(readPlainScalar(source, lettersAreText).value);
      if (!keys.has(key)) keys.set(key, i);
    }
    i = findEnd(events, findEnd(events, i) + 1) + 1;
  }
  return keys;
}

/** Index of the event that ends the node at `start` (itself for a scalar or alias). */
function findEnd(events: readonly Event[], start: number): number {
  let open = 0;
  for (let i = start; ; i++) {
    const { type } = events[i]!;
    if (type === EVENT_ID.POP) open--;
    else if (type !== EVENT_ID.SCALAR && type !== EVENT_ID.ALIAS) open++;
    if (open === 0) return i;
  }
}

function isAbsent(event: ScalarEvent): boolean {
  return event.valueStart === NO_OFFSET && event.tagStart === NO_OFFSET;
}

/** The text of a node: a scalar with its quotes, the first character of a collection. */
function spanOf(event: Event, text: string): TextSpan {
  if (event.type === EVENT_ID.SCALAR) {
    if (event.valueStart === NO_OFFSET) return spanOfAbsent(event);
    const quotes =
      event.style === SCALAR_STYLE.DOUBLE_QUOTED || event.style === SCALAR_STYLE.SINGLE_QUOTED;
    if (quotes) return { start: event.valueStart - 1, end: event.valueEnd + 1 };
    return { start: event.valueStart, end: event.valueEnd };
  }
  if (event.type === EVENT_ID.ALIAS) {
    return { start: event.anchorStart - 1, end: event.anchorEnd };
  }
  if ("start" in event) {
    const isFlow = text[event.start] === "{" || text[event.start] === "[";
    return { start: event.start, end: event.start + (isFlow ? 1 : lineRest(text, event.start)) };
  }
  return { start: 0, end: 0 };
}

function spanOfAbsent(event: ScalarEvent): TextSpan {
  const start = Math.max(event.tagStart, event.anchorStart - 1, 0);
  return { start, end: Math.max(event.tagEnd, event.anchorEnd, start) };
}

function lineRest(text: string, start: number): number {
  const match = /[^\r\n]*/y;
  match.lastIndex = start;
  return Math.max(1, (match.exec(text)?.[0] ?? "").trimEnd().length);
}

function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  } else {
    target[key] = value;
  }
}
