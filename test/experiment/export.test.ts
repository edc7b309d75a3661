// Claims about exported traces: in place of the generators and traces they came from they give the same run,
// and shaken traces are exported as they are run.

import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../src/base/index.ts";
import {
  exportTrace,
  prepareRun,
  type PreparedRun,
  decodeScenario,
  runToEnd,
} from "../../src/experiment/index.ts";
import { readRecorded } from "../../src/workload/traces/recorded.ts";

const container = (cpu: string) => ({
  spec: {
    restartPolicy: "Never",
    containers: [{ name: "c", image: "i", resources: { requests: { cpu } } }],
  },
});
const GENERATORS = [
  {
    name: "short",
    arrivals: { process: "poisson", rate: 2, until: "2m" },
    mix: [
      { weight: 2, pod: container("1") },
      { weight: 1, pod: { metadata: { labels: { app: "x" } }, ...container("2") } },
    ],
    duration: { law: "exponential", mean: "20s" },
  },
  {
    name: "steady",
    namespace: "batch",
    arrivals: { process: "constant", interval: "1s", count: 60 },
    pod: {
      metadata: { annotations: { "podsim.dev/run": "10s", "podsim.dev/run-law": "exponential" } },
      ...container("500m"),
    },
  },
  {
    name: "beat",
    arrivals: { process: "constant", interval: "2s", count: 30 },
    pod: container("250m"),
    duration: { law: "constant", value: 3 },
  },
];
const TABLE = [
  "pod,namespace,at_us,run_us,cpu",
  ...Array.from({ length: 40 }, (_, at) => `t${at},u${at % 4},${at * 3_000_000},5000000,1`),
].join("\n");

function prepared(
  workload: object,
  files: Readonly<Record<string, string>> = {},
  run: object = {},
): PreparedRun {
  const scenario = {
    apiVersion: "podsim.dev/v1",
    kind: "Scenario",
    metadata: { name: "export" },
    run: { study: "terminating", until: "drained", ...run },
    cluster: {
      nodePools: [{ name: "n", count: 4, allocatable: { cpu: "8", memory: "16Gi", pods: "110" } }],
      objects: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "batch" } }],
    },
    workload,
  };
  const reading = decodeScenario(scenario, { file: "s" });
  expect(reading.problems).toEqual([]);
  const inputs = Object.entries(files).map(
    ([name, text]): [string, { name: string; bytes: Uint8Array }] => [
      name,
      { name, bytes: utf8Bytes(text) },
    ],
  );
  return prepareRun({
    scenario: reading.scenario!,
    document: reading.document!,
    files: new Map(inputs),
  });
}

function exported(run: PreparedRun, replication = 0) {
  let text = "";
  const outcome = exportTrace(run, replication, (line) => {
    text += line;
  });
  return { text, ...outcome };
}

describe("an exported trace", () => {
  const traces = [{ format: "tables", files: ["t.csv"] }];
  const recorded = { traces: [{ format: "recorded", files: ["t.jsonl"] }] };

  it.each([0, 1, 7])(
    "gives the same run as what it came from, to the byte (replication %i)",
    (replication) => {
      const original = prepared({ generators: GENERATORS, traces }, { "t.csv": TABLE });
      const { text, podCount, templateCount } = exported(original, replication);
      const again = prepared(recorded, { "t.jsonl": text });
      const [before, after] = [
        runToEnd(original, { replication }),
        runToEnd(again, { replication }),
      ];
      expect(before.counts.podsCreated).toBe(podCount);
      expect(templateCount).toBe(5);
      expect(after.fingerprint).toBe(before.fingerprint);
      expect(after.counts).toEqual(before.counts);
      // And exported once more it is the same text.
      expect(exported(again, 0).text).toBe(text);
    },
  );

  it("holds a shaken and resampled trace as it is run, another in each replication", () => {
    const days = TABLE.replace(
      /,(\d+),5000000/g,
      (_, at: string) => `,${Number(at) * 2500},5000000`,
    );
    const varied = [
      {
        ...traces[0],
        shake: { arrivals: "1h", durations: 0.2 },
        resample: { align: "day", users: 6 },
      },
    ];
    const original = prepared({ traces: varied }, { "t.csv": days });
    const texts = [0, 1].map((replication) => {
      const { text } = exported(original, replication);
      const after = runToEnd(prepared(recorded, { "t.jsonl": text }), { replication });
      expect(after.fingerprint).toBe(runToEnd(original, { replication }).fingerprint);
      return text;
    });
    expect(texts[0]).not.toBe(texts[1]);
    // Only the parts that vary change: without arrivals it is the world of replication 0.
    const still = runToEnd(original, { replication: 1, varied: ["ties"] });
    expect(still.fingerprint).toBe(
      runToEnd(original, { replication: 0, varied: ["ties"] }).fingerprint,
    );
    expect(runToEnd(original, { replication: 1, varied: ["arrivals"] }).fingerprint).not.toBe(
      still.fingerprint,
    );
  });

  it("ends with the run", () => {
    const endless = {
      generators: [{ ...GENERATORS[0], arrivals: { process: "constant", interval: "10s" } }],
    };
    const bounded = prepared(endless, {}, { until: undefined, horizon: "1m" });
    expect(exported(bounded).podCount).toBe(6);
  });

  it("a trace shorter than two weeks cannot be resampled by weeks", () => {
    const short = [{ ...traces[0], resample: { align: "week" } }];
    expect(() => prepared({ traces: short }, { "t.csv": TABLE })).toThrow("shorter than two weeks");
  });
});

describe("a recorded trace", () => {
  const read = (text: string) => readRecorded([{ name: "t.jsonl", text }]);
  const VERSION = '{"trace":"podsim.dev/trace/v1"}\n';
  it("sorts pods by instant, and keeps nodes and templates", () => {
    const text = `${VERSION}{"node":{"kind":"Node"}}\n{"template":{}}\n{"pod":"b","namespace":"n","at_us":5,"template":0}\n{"pod":"a","namespace":"n","at_us":1,"run_us":2,"template":0}\n`;
    const { nodes, templates, pods, problems } = read(text);
    expect([nodes.length, templates.length, problems]).toEqual([1, 1, []]);
    expect(Array.from(pods, ({ name, durationUs }) => [name, durationUs])).toEqual([
      ["a", 2],
      ["b", undefined],
    ]);
  });

  it.each([
    ["no version", '{"template":{}}\n', 1, "names no version"],
    [
      "a template that has not come",
      `${VERSION}{"pod":"a","namespace":"n","at_us":1,"template":0}\n`,
      2,
      "has not come yet",
    ],
    [
      "half a microsecond",
      `${VERSION}{"template":{}}\n{"pod":"a","namespace":"n","at_us":1.5,"template":0}\n`,
      3,
      "whole numbers",
    ],
    ["something else", `${VERSION}{"pods":1}\n`, 2, "was expected"],
    ["nothing", "", 1, "is empty"],
  ])("refuses %s, with the line", (_, text, line, message) => {
    expect(read(text).problems).toMatchObject([
      { line, message: expect.stringContaining(message) },
    ]);
  });
});
