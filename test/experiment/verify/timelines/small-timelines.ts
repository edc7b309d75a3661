// Small timelines, made up in code, for tests of the replay without any recording at hand.
import {
  readTimeline,
  type TimelineFile,
} from "../../../../src/experiment/verify/timelines/timeline-file.ts";

export type Json = Readonly<Record<string, unknown>>;

const RESOURCES = { requests: { cpu: "100m", memory: "64Mi" } };

/** A Deployment in the recordings' style. */
export function deployment(name: string, replicas: number, more: Json = {}): Json {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: "c", image: "img:v1", resources: RESOURCES }] },
      },
      ...more,
    },
  };
}

/** A bare pod with annotations of the stand-in kubelet. */
export function pod(name: string, annotations: Readonly<Record<string, string>> = {}): Json {
  const marks = Object.entries(annotations).map(([key, value]) => [`podsim.dev/${key}`, value]);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name }, annotations: Object.fromEntries(marks) },
    spec: {
      restartPolicy: "Never",
      containers: [{ name: "c", image: "img:v1", resources: RESOURCES }],
    },
  };
}

export interface SmallParts {
  readonly nodeCount?: number;
  readonly input?: readonly {
    readonly t: number;
    readonly object: Json;
    readonly error?: string;
  }[];
  readonly actions?: readonly Json[];
  readonly events?: readonly Json[];
  readonly summary?: Json;
  readonly config?: Json;
}

/** The text of a timeline with one run. */
export function smallText({
  nodeCount = 3,
  input = [],
  actions = [],
  events = [],
  summary = {},
  config = {},
}: SmallParts): string {
  const shape = { prefix: "n", count: nodeCount, start: 1, zone: "z1" };
  return JSON.stringify({
    scenario: "small",
    kubernetes: "v1.36.3",
    config,
    nodes: [{ ...shape, cpu: "4", memory: "16Gi", pods: "110" }],
    input,
    actions,
    runs: [{ wallStartSecondOfMinute: 7.25, events }],
    summary,
  });
}

/** The same, read. */
export function smallFile(parts: SmallParts): TimelineFile {
  return readTimeline(smallText(parts), "small.json");
}

/** A wait for so many ready pods. */
export function waitReady(t: number, done: number, match: string, count: number): Json {
  const wait = { kind: "Pod", match, field: "cond.Ready", value: "True", count, timeout: 60 };
  return { op: "wait", t, done, ok: true, wait: { ...wait, exact: false } };
}
