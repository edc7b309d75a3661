// The YAML package behind its one importer: text to a flat list of events, and what events say.
//
// Everything above works on events through the few functions here; offsets count UTF-16 units of the
// text that was parsed. It builds no values and places no lines.

import {
  dump,
  type Event,
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
} from "js-yaml";
import type { TextSpan } from "./positioned-document.ts";
import { readPlainScalar } from "./yaml-scalar.ts";

export { EVENT_ID, getScalarValue, SCALAR_STYLE };

/** One event; scalars and collections carry offsets, the end of a collection or document is a POP. */
export type YamlEvent = Event;

/** What is wrong with the text, and at which offset. */
export interface YamlSyntaxFault {
  readonly reason: string;
  readonly offset: number;
  readonly isTooDeep: boolean;
}

/** Parses a text; the first fault ends it. */
export function parseYamlEvents(text: string, depthMax: number): YamlEvent[] | YamlSyntaxFault {
  try {
    return parseEvents(text, { maxDepth: depthMax });
  } catch (error) {
    if (error instanceof RangeError) return { reason: error.message, offset: 0, isTooDeep: true };
    if (!(error instanceof YAMLException)) throw error;
    const isTooDeep = error.reason.startsWith("nesting exceeded");
    return { reason: error.reason, offset: error.mark?.position ?? 0, isTooDeep };
  }
}

/** A plain value as block-style YAML text without anchors. */
export function dumpYaml(value: unknown): string {
  return dump(value, { lineWidth: -1, noRefs: true });
}

/** Offset that says "not there". */
export const NO_OFFSET = -1;

/** A scalar. */
export type ScalarEvent = Extract<Event, { type: typeof EVENT_ID.SCALAR }>;
/** A reference to an anchor. */
export type AliasEvent = Extract<Event, { type: typeof EVENT_ID.ALIAS }>;
/** The start of a list or map. */
export type SequenceOrMapping = Extract<Event, { start: number }>;
/** A node that may have a tag and an anchor. */
export type NodeEvent = ScalarEvent | SequenceOrMapping;

/** Name under which a merge key is listed; no key of a document can collide, keys hold no NUL here. */
export const MERGE_KEY = "\0<<";

/** Keys of a mapping whose first child is at `first`, each with the event where it first stands. */
export function collectKeyEvents(
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
export function findEnd(events: readonly Event[], start: number): number {
  let open = 0;
  for (let i = start; ; i++) {
    const { type } = events[i]!;
    if (type === EVENT_ID.POP) open--;
    else if (type !== EVENT_ID.SCALAR && type !== EVENT_ID.ALIAS) open++;
    if (open === 0) return i;
  }
}

/** Whether nothing at all stands where a value could. */
export function isAbsent(event: ScalarEvent): boolean {
  return event.valueStart === NO_OFFSET && event.tagStart === NO_OFFSET;
}

/** The text of a node: a scalar with its quotes, the first character of a collection. */
export function spanOf(event: Event, text: string): TextSpan {
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
