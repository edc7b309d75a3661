// Where a path stands in a YAML or JSON text: the text is parsed again when the first question comes.
//
// Sound files pay nothing for positions, faulty ones pay once. Aliases and merges are followed to
// what they mean.

import type { DocumentPath, SpanFinder, TextSpan } from "./positioned-document.ts";
import {
  collectKeyEvents,
  EVENT_ID,
  findEnd,
  isAbsent,
  MERGE_KEY,
  parseYamlEvents,
  spanOf,
  type YamlEvent,
} from "./yaml-events.ts";

/**
 * Finds spans in a text of one or more documents; used for JSON as well. The finders of all its
 * documents share one parse, which happens when the first of them is asked.
 */
export function createSpanFinders(
  text: string,
  offset: number,
  lettersAreText: boolean = false,
): (documentOrdinal: number) => SpanFinder {
  let index: EventIndex | undefined;
  return (documentOrdinal) => (path, what) => {
    index ??= createIndex(text, lettersAreText);
    const span = index.find(documentOrdinal, path, what);
    return span && { start: span.start + offset, end: span.end + offset };
  };
}

function createIndex(text: string, lettersAreText: boolean): EventIndex {
  const events = parseYamlEvents(text, Number.MAX_SAFE_INTEGER);
  // The text was read before; a fault now can only be the end of the call stack.
  return new EventIndex(text, "reason" in events ? [] : events, lettersAreText);
}

/** Children of a mapping or sequence by key: event indices of key and value. */
type Children = Map<string | number, { key: number; value: number }>;

/** Answers where a path stands, by walking the events down and remembering the children it met. */
class EventIndex {
  private readonly text: string;
  private readonly events: readonly YamlEvent[];
  private readonly lettersAreText: boolean;
  private readonly children = new Map<number, Children>();
  /** Events that define each anchor, in order: an alias means the last one before it. */
  private readonly anchors = new Map<string, number[]>();
  private readonly roots: number[] = [];

  constructor(text: string, events: readonly YamlEvent[], lettersAreText: boolean) {
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
