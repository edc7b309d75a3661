// The podsim.dev annotations that give plain manifests a lifetime.
//
// Kubernetes says nothing about how long a process runs, so these annotations do: times in seconds
// (a bare number, as in the recorded timelines) or as Go durations, and exit codes. Some can be said
// of one container alone: `podsim.dev/run.proxy` is `podsim.dev/run` for the container "proxy".

import { parseDuration } from "../../base/index.ts";
import type { ContainerRunAnnotations, RunAnnotations, RunSpan } from "../pod-template.ts";
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
  "post-start",
  "post-start-exit",
  "pre-stop",
  "started",
  "unhealthy",
  "not-ready",
  "gates",
  "cpu-bound",
] as const;
type Name = (typeof KNOWN)[number];

/** Those that may be said of one container, with a dot and its name behind. */
const OF_CONTAINERS: readonly Name[] = [
  "run",
  "usage",
  "exit",
  "ready",
  "stop",
  "stop-exit",
  "post-start",
  "post-start-exit",
  "pre-stop",
  "started",
  "unhealthy",
  "not-ready",
  "cpu-bound",
];

/** True for an annotation that gives a pod its lifetime. */
export function isRunAnnotation(key: string): boolean {
  return (
    KNOWN.some((name) => key === ANNOTATION_PREFIX + name) || containerOfKey(key) !== undefined
  );
}

/** Container that a key speaks of alone; undefined if it is not of that form. */
function containerOfKey(key: string): string | undefined {
  for (const name of OF_CONTAINERS) {
    const start = `${ANNOTATION_PREFIX}${name}.`;
    if (key.startsWith(start) && key.length > start.length) return key.slice(start.length);
  }
  return undefined;
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
  exitCodes: [],
  startedUs: 0,
  unhealthy: [],
  notReady: [],
  isCpuBound: false,
  gatesUs: undefined,
  containers: new Map(),
});

type Report = (key: string, message: string, knownKeys: readonly string[]) => void;

/** Reads them; `report(key, message)` is called for each that cannot be read or is not known. */
export function decodeRunAnnotations(annotations: Labels, report: Report): RunAnnotations {
  if (![...annotations.keys()].some((key) => key.startsWith(ANNOTATION_PREFIX))) {
    return NO_RUN_ANNOTATIONS;
  }
  const knownKeys = KNOWN.map((name) => ANNOTATION_PREFIX + name);
  const containerNames = new Set<string>();
  for (const key of annotations.keys()) {
    if (!key.startsWith(ANNOTATION_PREFIX) || knownKeys.includes(key)) continue;
    const container = containerOfKey(key);
    if (container === undefined) report(key, "unknown annotation of podsim.dev", knownKeys);
    else containerNames.add(container);
  }
  const reading = new AnnotationReading(annotations, "", report);
  const ofPod = readContainer(reading);
  const containers = [...containerNames].map((name): [string, ContainerRunAnnotations] => [
    name,
    readContainer(new AnnotationReading(annotations, `.${name}`, report)),
  ]);
  return {
    ...NO_RUN_ANNOTATIONS,
    ...ofPod,
    runLaw: reading.text("run-law"),
    exitCode: ofPod.exitCodes?.[0] ?? 0,
    failIndexes:
      reading.read("fail-index", parseIndexes, "completion indexes joined by commas") ?? [],
    failCode: reading.code("fail-code") ?? 1,
    startUs: reading.time("start"),
    readyStaggerUs: reading.time("ready-stagger") ?? 0,
    gatesUs: reading.time("gates"),
    containers: new Map(containers),
  };
}

/** What may be said of a pod or of one container; only what is there. */
function readContainer(reading: AnnotationReading): ContainerRunAnnotations {
  const found = {
    runUs: reading.time("run"),
    usage: reading.text("usage"),
    exitCodes: reading.codes("exit"),
    readyUs: reading.time("ready"),
    stopUs: reading.time("stop"),
    stopExitCode: reading.code("stop-exit"),
    postStartUs: reading.time("post-start"),
    postStartCodes: reading.codes("post-start-exit"),
    preStopUs: reading.time("pre-stop"),
    startedUs: reading.time("started"),
    unhealthy: reading.spans("unhealthy"),
    notReady: reading.spans("not-ready"),
    isCpuBound: reading.flag("cpu-bound"),
  };
  return Object.fromEntries(
    Object.entries(found).filter(([, value]) => value !== undefined),
  ) as ContainerRunAnnotations;
}

/** The annotations of a pod, or those with one container's name behind theirs. */
class AnnotationReading {
  private readonly annotations: Labels;
  private readonly suffix: string;
  private readonly report: Report;

  constructor(annotations: Labels, suffix: string, report: Report) {
    this.annotations = annotations;
    this.suffix = suffix;
    this.report = report;
  }

  text(name: Name): string | undefined {
    return this.annotations.get(ANNOTATION_PREFIX + name + this.suffix)?.trim();
  }

  read<T>(name: Name, parse: (text: string) => T | undefined, expected: string): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const parsed = parse(value);
    if (parsed === undefined) {
      const key = ANNOTATION_PREFIX + name + this.suffix;
      this.report(key, `Invalid value: "${value}": expected ${expected}`, []);
    }
    return parsed;
  }

  time(name: Name): number | undefined {
    return this.read(
      name,
      parseTimeUs,
      "seconds or a duration such as 90s, not negative, at most microseconds",
    );
  }

  code(name: Name): number | undefined {
    return this.read(name, parseExitCode, "an exit code from 0 to 255");
  }

  codes(name: Name): readonly number[] | undefined {
    return this.read(
      name,
      parseExitCodes,
      "an exit code from 0 to 255, or several joined by commas",
    );
  }

  flag(name: Name): boolean | undefined {
    const parse = (text: string): boolean | undefined =>
      text === "true" || text === "false" ? text === "true" : undefined;
    return this.read(name, parse, "true or false");
  }

  spans(name: Name): readonly RunSpan[] | undefined {
    return this.read(
      name,
      parseSpans,
      "spans such as 60-90 or 5m-, in rising order, joined by commas",
    );
  }
}

function parseTimeUs(text: string): number | undefined {
  const isBareNumber = /^[0-9]*\.?[0-9]+$/.test(text);
  const parsed = parseDuration(isBareNumber ? `${text}s` : text);
  return parsed === undefined || parsed < 0 ? undefined : parsed;
}

function parseExitCode(text: string): number | undefined {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

function parseExitCodes(text: string): number[] | undefined {
  const codes = text.split(",").map((part) => parseExitCode(part.trim()));
  return codes.some((code) => code === undefined) ? undefined : (codes as number[]);
}

function parseSpans(text: string): RunSpan[] | undefined {
  const spans: RunSpan[] = [];
  for (const part of text.split(",")) {
    const [from = "", to = "", ...more] = part.trim().split("-");
    const fromUs = parseTimeUs(from);
    const toUs = to === "" ? undefined : parseTimeUs(to);
    if (fromUs === undefined || more.length > 0 || !part.includes("-")) return undefined;
    if (to !== "" && (toUs === undefined || toUs <= fromUs)) return undefined;
    const before = spans.at(-1);
    if (before !== undefined && (before.toUs === undefined || before.toUs > fromUs)) {
      return undefined;
    }
    spans.push({ fromUs, toUs });
  }
  return spans;
}

function parseIndexes(text: string): number[] | undefined {
  if (!/^[0-9]{1,7}(?:\s*,\s*[0-9]{1,7})*$/.test(text)) return undefined;
  return text.split(",").map((part) => Number(part.trim()));
}
