// Every trace format that can be read: one line per format.
//
// The schema of scenarios offers exactly these names, so a new reader is one file and one line here.

import type { TraceFormat } from "../trace.ts";
import { OPENB } from "./openb.ts";
import { RECORDED } from "./recorded.ts";
import { TABLES } from "./tables.ts";

/** Formats by name. */
export const TRACE_FORMATS: ReadonlyMap<string, TraceFormat> = new Map([
  [OPENB.format, OPENB],
  [TABLES.format, TABLES],
  [RECORDED.format, RECORDED],
]);
