// Claims about the importer of Google ClusterData 2019, on rows written after its format: every quirk.

import { describe, expect, it } from "vitest";
import { GOOGLE_2019 } from "../../../src/workload/traces/import/google-2019.ts";
import { countOf, importRows } from "./import-rows.ts";

const UNITS = { "cpu-unit": "96", "memory-unit": "384Gi" };
const MACHINE = {
  time: "0",
  machine_id: "77",
  type: "1",
  capacity: { cpus: 0.5, memory: 0.25 },
  platform_id: "p=",
};
const START = 600_000_000;

function instance(second: number, type: number | string, more: object = {}) {
  return {
    ...{
      time: String(START + second * 1_000_000),
      type,
      collection_id: "383041237342",
      instance_index: 3,
    },
    ...{ collection_type: 0, priority: 200, alloc_collection_id: "0" },
    ...{ resource_request: { cpus: 0.0625, memory: 0.03125 }, ...more },
  };
}
const lines = (records: readonly object[]) =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");

function read(instances: readonly object[], options = {}, collections: readonly object[] = []) {
  const texts = {
    "machine_events.json": lines([MACHINE]),
    "collection_events.json": lines(collections),
    "instance_events.json": lines(instances),
  };
  return importRows(GOOGLE_2019, texts, { ...UNITS, ...options });
}

describe("Google ClusterData 2019", () => {
  const life = [instance(1, 0), instance(2, 3), instance(9, 6)];

  it("reads JSON lines, with the user of the collection and the numbers of events of 2019", () => {
    const { pods, nodes, problems } = read(life, {}, [
      { time: "0", type: 0, collection_id: "383041237342", user: "u+" },
    ]);
    expect(problems).toEqual([]);
    expect(nodes).toMatchObject([{ node: "machine-77", cpu: "48", memory: "96Gi" }]);
    expect(pods).toEqual([
      {
        ...{
          pod: "383041237342-3-1000000",
          namespace: "user-1",
          at_us: "1000000",
          run_us: "7000000",
        },
        ...{ priority_class: "priority-200", "request:cpu": "6", "request:memory": "12Gi" },
      },
    ]);
  });

  it("reads one list, names of events, and CSV with dots or underscores, to the same pods", () => {
    const expected = read(life).pods;
    const named = [instance(1, "SUBMIT"), instance(2, "SCHEDULE"), instance(9, "FINISH")];
    const list = importRows(
      GOOGLE_2019,
      {
        "machine_events.json": JSON.stringify([MACHINE]),
        "instance_events.json": JSON.stringify(named, undefined, 1),
      },
      UNITS,
    );
    expect(list.pods).toEqual(expected);
    for (const mark of [".", "_"]) {
      const header = `time,type,collection_id,instance_index,collection_type,priority,alloc_collection_id,resource_request${mark}cpus,resource_request${mark}memory`;
      const row = (second: number, type: number) =>
        `${START + second * 1e6},${type},383041237342,3,0,200,0,0.0625,0.03125`;
      const text = [header, row(1, 0), row(2, 3), row(9, 6)].join("\n");
      const machines = `time,machine_id,type,capacity${mark}cpus,capacity${mark}memory,platform_id\n0,77,1,0.5,0.25,p\n`;
      const csv = importRows(
        GOOGLE_2019,
        { "machine_events.json": machines, "instance_events.json": text },
        UNITS,
      );
      expect(csv.pods).toEqual(expected);
    }
  });

  it("64-bit numbers stay whole, whether exports write them as texts or as numbers", () => {
    const text = lines(life).replaceAll('"383041237342"', "9007199254740993");
    const { pods } = importRows(
      GOOGLE_2019,
      { "machine_events.json": lines([MACHINE]), "instance_events.json": text },
      UNITS,
    );
    expect(pods).toMatchObject([{ pod: "9007199254740993-3-1000000" }]);
  });

  it("a request can be null: asks for nothing, and that is said", () => {
    const result = read(life.map((event) => ({ ...event, resource_request: null })));
    expect(result.pods[0]).not.toHaveProperty("request:cpu");
    expect(countOf(result, "information is missing")).toBe(1);
  });

  it("tasks inside alloc sets and the sets are the same room: only one of the two counts", () => {
    const set = { collection_id: "5", collection_type: 1 };
    const inside = { alloc_collection_id: "5" };
    const both = [
      ...life.map((event) => ({ ...event, ...inside })),
      ...[
        [1, 0],
        [2, 3],
        [9, 6],
      ].map(([at, type]) => instance(at!, type!, set)),
    ];
    const sets = read(both);
    expect(sets.pods.map(({ pod }) => pod)).toEqual(["5-3-1000000"]);
    expect(countOf(sets, "tasks inside alloc sets")).toBe(1);
    const tasks = read(both, { allocs: "tasks" });
    expect(tasks.pods.map(({ pod }) => pod)).toEqual(["383041237342-3-1000000"]);
    expect(countOf(tasks, "instances of alloc sets")).toBe(1);
  });

  it("queue and enable change nothing; evictions count as in 2011", () => {
    const { pods } = read([
      instance(1, 0),
      instance(1, 1),
      instance(1, 2),
      instance(2, 3),
      instance(3, 4),
      instance(3, 0),
      instance(5, 3),
      instance(9, 6),
    ]);
    expect(pods).toMatchObject([{ at_us: "1000000", run_us: "4000000" }]);
  });

  it("jobs that waited for others come at the logged time, and that is said", () => {
    const collections = [
      { time: "0", type: 0, collection_id: "1", start_after_collection_ids: ["5"] },
    ];
    expect(countOf(read(life, {}, collections), "waited for other jobs")).toBe(1);
  });

  it("an unknown event is refused with its line, and so is a damaged export", () => {
    expect(read([instance(1, 12)]).problems).toMatchObject([{ line: 1, path: "type" }]);
    const cut = importRows(
      GOOGLE_2019,
      { "machine_events.json": lines([MACHINE]), "instance_events.json": '{"time": "0",' },
      UNITS,
    );
    expect(cut.problems).toMatchObject([{ message: "the text ends inside a value" }]);
  });
});
