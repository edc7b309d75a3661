// Every trace format that can be read: one line per format.

import type { TraceFormat } from "../trace.ts";
import { OPENB } from "./openb.ts";

/** Formats by name. */
export const TRACE_FORMATS: ReadonlyMap<string, TraceFormat> = new Map([[OPENB.format, OPENB]]);
