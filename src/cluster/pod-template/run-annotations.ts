// The podsim.dev annotations that give plain manifests a lifetime.
//
// Kubernetes says nothing about how long a process runs, so these annotations do: times in seconds
// (a bare number, as in the recorded timelines) or as Go durations, and exit codes.

import { parseDuration } from "../../base/index.ts";
import type { RunAnnotations } from "../pod-template.ts";
import type { Labels } from "../selectors/labels.ts";

/** Prefix of all annotations that podsim reads. */
export const ANNOTATION_PREFIX = "podsim.dev/";

const KNOWN = [
  "run",
  "run-law",
  "usage",
  "exit",
  "fail-index",
  "fail-code",
  "start",
  "ready",
  "ready-stagger",
  "stop",
  "stop-exit",
] as const;

/** True for an annotation that gives a pod its lifetime. */
export function isRunAnnotation(key: string): boolean {
  return KNOWN.some((name) => key === ANNOTATION_PREFIX + name);
}

/** Nothing annotated: runs until deleted, ends with 0. */
export const NO_RUN_ANNOTATIONS: RunAnnotations = Object.freeze({
  runUs: undefined,
  runLaw: undefined,
  usage: undefined,
  exitCode: 0,
  failIndexes: [],
  failCode: 1,
  startUs: undefined,
  readyUs: undefined,
  readyStaggerUs: 0,
  stopUs: undefined,
  stopExitCode: 0,
});

/** Reads them; `report(key, message)` is called for each that cannot be read or is not known. */
export function decodeRunAnnotations(
  annotations: Labels,
  report: (key: string, message: string, knownKeys: readonly string[]) => void,
): RunAnnotations {
  if (![...annotations.keys()].some((key) => key.startsWith(ANNOTATION_PREFIX))) {
    return NO_RUN_ANNOTATIONS;
  }
  const knownKeys = KNOWN.map((name) => ANNOTATION_PREFIX + name);
  for (const key of annotations.keys()) {
    if (key.startsWith(ANNOTATION_PREFIX) && !knownKeys.includes(key)) {
      report(key, "unknown annotation of podsim.dev", knownKeys);
    }
  }
  const text = (name: (typeof KNOWN)[number]): string | undefined =>
    annotations.get(ANNOTATION_PREFIX + name)?.trim();
  const read = <T>(
    name: (typeof KNOWN)[number],
    parse: (text: string) => T | undefined,
    expected: string,
  ): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) {
      report(ANNOTATION_PREFIX + name, `Invalid value: "${value}": expected ${expected}`, []);
    }
    return parsed;
  };
  const time = (name: (typeof KNOWN)[number]): number | undefined =>
    read(
      name,
      parseTimeUs,
      "seconds or a duration such as 90s, not negative, at most microseconds",
    );
  const code = (name: (typeof KNOWN)[number]): number | undefined =>
    read(name, parseExitCode, "an exit code from 0 to 255");
  return {
    runUs: time("run"),
    runLaw: text("run-law"),
    usage: text("usage"),
    exitCode: code("exit") ?? 0,
    failIndexes: read("fail-index", parseIndexes, "completion indexes joined by commas") ?? [],
    failCode: code("fail-code") ?? 1,
    startUs: time("start"),
    readyUs: time("ready"),
    readyStaggerUs: time("ready-stagger") ?? 0,
    stopUs: time("stop"),
    stopExitCode: code("stop-exit") ?? 0,
  };
}

function parseTimeUs(text: string): number | undefined {
  const isBareNumber = /^[0-9]*\.?[0-9]+$/.test(text);
  const parsed = parseDuration(isBareNumber ? `${text}s` : text);
  return parsed === undefined || parsed < 0 ? undefined : parsed;
}

function parseExitCode(text: string): number | undefined {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

function parseIndexes(text: string): number[] | undefined {
  if (!/^[0-9]{1,7}(?:\s*,\s*[0-9]{1,7})*$/.test(text)) return undefined;
  return text.split(",").map((part) => Number(part.trim()));
}
