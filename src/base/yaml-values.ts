// Events of one YAML document to its plain value, with everything wrong with it.
//
// Own code rather than the package's constructor: that one stops at the first duplicate key, names
// one line only and expands aliases without a bound. Aliases share one value here, so a bomb costs
// only the counting. Scalars are read by yaml-scalar.ts.

import type { TextSpan } from "./positioned-document.ts";
import { formatPath, type Severity } from "./problem.ts";
import { EXPANSION_ALWAYS_ALLOWED, type ReadLimits } from "./read-limits.ts";
import { hasLoneSurrogate } from "./well-formed.ts";
import {
  type AliasEvent,
  collectKeyEvents,
  EVENT_ID,
  findEnd,
  getScalarValue,
  isAbsent,
  NO_OFFSET,
  type NodeEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceOrMapping,
  spanOf,
  type YamlEvent,
} from "./yaml-events.ts";
import { readPlainScalar } from "./yaml-scalar.ts";

/** A problem in offsets of the chunk, before it has lines. */
export interface YamlFault extends TextSpan {
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
export class YamlValueBuilder {
  value: unknown;
  isEmpty = false;
  /** Index of the event after the document. */
  next: number;
  readonly faults: YamlFault[] = [];
  private readonly anchors = new Map<string, Anchor>();
  private readonly path: (string | number)[] = [];
  private expandedNodes = 0;
  private expandedNodesMax: number;

  private readonly text: string;
  private readonly events: readonly YamlEvent[];
  private readonly limits: ReadLimits;
  private readonly lettersAreText: boolean;

  constructor(
    text: string,
    events: readonly YamlEvent[],
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
    const merges: { source: unknown; event: YamlEvent }[] = [];
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
  private merge(target: Record<string, unknown>, source: unknown, event: YamlEvent): void {
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

  private count(nodes: number, event: YamlEvent): void {
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

  private fault(event: YamlEvent, code: string, message: string, hint?: string): void {
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
