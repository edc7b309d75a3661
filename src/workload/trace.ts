// A trace: what somebody else's cluster looked like and which pods came to it, ready to be replayed.
//
// Readers of trace formats (traces/*.ts, one file per format) turn rows into plain Kubernetes
// objects, so that a replayed pod goes through the same decoding, defaulting and admission as one
// from a manifest. Whatever a reader drops, repairs or assumes it says in `notes`, with a count.

import type { Problem } from "../base/index.ts";

/** A pod of a trace. */
export interface TracePod {
  readonly name: string;
  readonly namespace: string;
  /** When it was submitted, microseconds since the start of the trace. */
  readonly submittedUs: number;
  /** How long its containers run once started; undefined = for ever. */
  readonly durationUs: number | undefined;
  /** Position in `templates`. */
  readonly template: number;
}

/** Something a reader did that the user must know. */
export interface TraceNote {
  readonly code: string;
  readonly message: string;
  readonly count: number;
  readonly changesScheduling: boolean;
  /** A scheduler plugin that makes the note untrue in every profile that has it. */
  readonly simulatedBy?: string;
}

/** Pods by position: an array, or a table in columns. */
export interface TracePodList extends Iterable<TracePod> {
  readonly length: number;
  at(position: number): TracePod | undefined;
}

/** A whole trace in memory. Pods are sorted by (submittedUs, row). */
export interface Trace {
  readonly format: string;
  /** Node manifests as plain values. */
  readonly nodes: readonly object[];
  /** Pod manifests without a name as plain values; pods that differ only in name share one. */
  readonly templates: readonly object[];
  readonly pods: TracePodList;
  readonly notes: readonly TraceNote[];
  readonly problems: readonly Problem[];
}

/** A text file of a trace, as the user named it. */
export interface TraceFile {
  readonly name: string;
  readonly text: string;
  /** The same text in pieces, where it need not be held as a whole. */
  pieces?(): Iterable<string>;
}

/** A file's text in pieces. */
export function piecesOf(file: TraceFile): Iterable<string> {
  return file.pieces?.() ?? [file.text];
}

/** Reads one trace format. */
export interface TraceFormat {
  readonly format: string;
  /** What its files are, for help texts. */
  readonly files: string;
  read(files: readonly TraceFile[]): Trace;
}
