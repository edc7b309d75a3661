// Door of base: what every floor above may use. Nothing here knows Kubernetes or events.
//
// Two halves: numeric (time, exact arithmetic, randomness, columns, digests) and reading
// (text in, checked values or positioned problems out).

// ---- numeric ----------------------------------------------------------------------------

export { AssertionError, assert, unreachable } from "./assert.ts";
export { compareNumbers, compareText } from "./order.ts";
export type { Duration, Instant } from "./instant.ts";
export {
  LAST_INSTANT,
  US_PER_HOUR,
  US_PER_MINUTE,
  US_PER_MS,
  US_PER_SECOND,
  ZERO_DURATION,
  ZERO_INSTANT,
  addDuration,
  duration,
  durationBetween,
  durationFromMillis,
  durationFromSeconds,
  instant,
} from "./instant.ts";
export { formatDuration, formatInstant, parseDuration } from "./duration-text.ts";
export {
  Float64Column,
  Int32Column,
  Uint16Column,
  Uint32Column,
  Uint8Column,
} from "./columns.ts";
export { BitSet } from "./bit-set.ts";
export { IdPool, NO_HANDLE, generationOfHandle, idOfHandle, packHandle } from "./id-pool.ts";
export { Interner } from "./interner.ts";
export { RollingDigest } from "./rolling-digest.ts";
export { sha256Hex } from "./sha256.ts";
export { utf8Bytes } from "./utf8.ts";
export type { EntityHash } from "./hash-text.ts";
export { entityHash, entityHashFrom, hashPath, hashText32 } from "./hash-text.ts";
export { exp, ln, log1p, pow } from "./exact-math.ts";
export type { RandomStream } from "./random-stream.ts";
export { seededStream, streamName } from "./random-stream.ts";
export { EntityDraws } from "./entity-draws.ts";
export { WideInt } from "./wide-sum.ts";
export { gammaP, gammaQ, lnGamma, normalCdf, normalQuantile } from "./special-functions.ts";
export type { Law } from "./law.ts";
export { sampleResidual } from "./law.ts";
export type { InvertibleLaw } from "./distributions.ts";
export {
  constant,
  exponential,
  gamma,
  lognormal,
  pareto,
  uniform,
  weibull,
} from "./distributions.ts";
export { empirical, mixture, zipf } from "./list-laws.ts";
export type { LawFault, LawName, LawParameter, LawSpec } from "./law-specs.ts";
export { LAW_NAMES, LAW_SPECS } from "./law-specs.ts";
export type { LawReading } from "./law-from-spec.ts";
export { lawFromSpec } from "./law-from-spec.ts";

// ---- reading ----------------------------------------------------------------------------

export type { Problem, Severity } from "./problem.ts";
export {
  InputError,
  escapeControls,
  exitCodeOf,
  formatPath,
  formatProblem,
  formatProblems,
  hasErrors,
  sortProblems,
} from "./problem.ts";
export { nearest } from "./nearest.ts";
export type { ReadLimits, ReadOptions } from "./read-limits.ts";
export { DEFAULT_READ_LIMITS } from "./read-limits.ts";
export type { DocumentPath, Position, ProblemAtPath } from "./positioned-document.ts";
export { PositionedDocument, documentOfValue } from "./positioned-document.ts";
export type { DecodedText } from "./documents.ts";
export { decodeUtf8, readDocuments } from "./documents.ts";
export type { ReadOutcome } from "./yaml.ts";
export { readYaml, writeYaml } from "./yaml.ts";
export { readJson } from "./json.ts";
export { JsonElements } from "./json-elements.ts";
export { Decoder, describeValue } from "./decoder.ts";
export type { CsvOptions, CsvRowSink, CsvTable } from "./csv.ts";
export { CsvReader, readCsv } from "./csv.ts";
