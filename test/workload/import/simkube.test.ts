// Claims about the importer of SimKube traces: both encodings, lifetimes by owner, and the real traces.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readMsgpack } from "../../../src/workload/traces/import/msgpack.ts";
import { SIMKUBE } from "../../../src/workload/traces/import/simkube.ts";
import { countOf, importRows } from "./import-rows.ts";

const DATA = new URL("../../../../shared/data/simkube/", import.meta.url);
const NODES = { "node-count": "1", "node-cpu": "4", "node-memory": "8Gi" };

const pod = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "t" },
  spec: { containers: [] },
});
const deployment = (replicas: number) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "t" },
  spec: { replicas, template: { metadata: {}, spec: {} } },
});
const event = (ts: number, applied: object[], deleted: object[] = []) => ({
  ts,
  applied_objs: applied,
  deleted_objs: deleted,
});
const trace = (events: object[], lifecycles: object = {}) => ({
  version: 2,
  config: {},
  events,
  index: {},
  pod_lifecycles: lifecycles,
});
const read = (value: object) =>
  importRows(SIMKUBE, { "trace.sktrace": JSON.stringify(value) }, NODES);

describe("a SimKube trace", () => {
  it("is steps and deletions over time; what is applied again unchanged is left out", () => {
    const result = read(
      trace([
        event(100, []),
        event(100, [deployment(1), deployment(2)]),
        event(130, [deployment(2)]),
        event(160, [deployment(5)]),
        event(190, [], [deployment(5)]),
      ]),
    );
    expect(result.problems).toEqual([]);
    expect(result.scenario.steps).toMatchObject([
      { atUs: 0, objects: [{ spec: { replicas: 2 } }] },
      { atUs: 60_000_000, objects: [{ spec: { replicas: 5 } }] },
    ]);
    expect(result.scenario.edits).toEqual([
      { at: "1m30s", delete: { object: "deployment/web", namespace: "t" } },
    ]);
    expect(countOf(result, "without a change")).toBe(1);
    expect(countOf(result, "the last one counts")).toBe(1);
    expect(result.scenario.namespaces).toEqual(["t"]);
    expect(result.nodes).toHaveLength(1);
  });

  it("gives pods the time they ran: keys of lifecycles are lists, in JSON written as text", () => {
    const lifecycles = {
      '["v1.Pod","t/a"]': { "17744887352825418000": [{ Finished: [10, 40] }] },
      '["v1.Pod","t/b"]': { "1": [{ Running: 10 }] },
    };
    const result = read(trace([event(5, [pod("a"), pod("b")])], lifecycles));
    expect(result.scenario.steps![0]!.objects).toMatchObject([
      { metadata: { annotations: { "podsim.dev/run": "30s" } } },
      { metadata: { name: "b" } },
    ]);
    expect(countOf(result, "they never end")).toBe(1);
  });

  it("takes the mean where pods of one owner ran for different times, and says so", () => {
    const cron = {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata: { name: "c", namespace: "t" },
      spec: { jobTemplate: { spec: { template: { spec: {} } } } },
    };
    const lives = {
      '["batch/v1.CronJob","t/c"]': { "9": [{ Finished: [0, 10] }, { Finished: [60, 80] }] },
    };
    const result = read(trace([event(5, [cron])], lives));
    expect(JSON.stringify(result.scenario.steps)).toContain(
      '"template":{"spec":{},"metadata":{"annotations":{"podsim.dev/run":"15s"}}}',
    );
    expect(countOf(result, "run for the mean")).toBe(1);
  });

  it("refuses other versions and what is neither JSON nor MessagePack", () => {
    expect(read({ version: 1 }).problems[0]?.message).toContain("version 1");
    const other = importRows(SIMKUBE, { "trace.sktrace": "\xc1" }, NODES);
    expect(other.problems[0]?.message).toContain("neither JSON nor MessagePack");
  });
});

describe("MessagePack", () => {
  const bytes = (...codes: number[]) => readMsgpack(String.fromCharCode(...codes));
  it.each([
    ["small and negative numbers", [0x93, 0x7f, 0xff, 0xd0, 0x80], [127, -1, -128]],
    ["numbers of 16 and 32 bits", [0x92, 0xcd, 1, 0, 0xd2, 0xff, 0xff, 0xff, 0xfe], [256, -2]],
    [
      "hashes of 64 bits as text",
      [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      "18446744073709551615",
    ],
    ["floats", [0x92, 0xca, 0x3f, 0xc0, 0, 0, 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], [1.5, 1.5]],
    ["texts in UTF-8", [0xd9, 3, 0xe2, 0x82, 0xac], "\u20ac"],
    ["maps with lists as keys", [0x81, 0x92, 0xa1, 0x61, 0xa1, 0x62, 0xc3], { '["a","b"]': true }],
    ["null and long lists", [0xdc, 0, 2, 0xc0, 0xc2], [null, false]],
  ])("reads %s", (_, codes, value) => {
    expect(bytes(...codes)).toEqual({ value });
  });

  it("says what is wrong: cut off, too much, an extension", () => {
    expect(bytes(0x92, 1).fault).toContain("end inside a value");
    expect(bytes(1, 1).fault).toContain("after the value");
    expect(bytes(0xd4, 1, 1).fault).toContain("0xd4");
  });
});

describe.skipIf(!existsSync(DATA))("real traces (skipped: ../shared is absent)", () => {
  it.each([
    ["bare-pods.sktrace", 4, 4, 0],
    ["cronjob.sktrace", 3, 1, 1],
    ["dsb-scaling.sktrace", 19, 18, 0],
    ["dsb-large_trace.json", 89, 20, 0],
  ])(
    "%s: %i events, of which %i apply something new and %i delete",
    (file, events, steps, deletions) => {
      const text = readFileSync(new URL(file, DATA), "latin1");
      const { scenario, problems } = importRows(SIMKUBE, { "trace.sktrace": text }, NODES, 65_536);
      expect(problems).toEqual([]);
      expect(scenario.description).toContain(`${events} events`);
      expect([scenario.steps!.length, scenario.edits!.length]).toEqual([steps, deletions]);
    },
  );

  it("bare pods ran for 12, 30 and 30 s, one to beyond the end", () => {
    const text = readFileSync(new URL("bare-pods.sktrace", DATA), "latin1");
    const result = importRows(SIMKUBE, { "trace.sktrace": text }, NODES, 65_536);
    const runs = [
      ...JSON.stringify(result.scenario.steps).matchAll(/"podsim.dev\/run":"(\w+)"/g),
    ].map(([, run]) => run);
    expect(runs).toEqual(["12s", "30s", "30s"]);
    expect(countOf(result, "they never end")).toBe(1);
  });
});
