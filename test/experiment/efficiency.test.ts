import { describe, expect, it } from "vitest";
import { decodeScenario, prepareRun, runToEnd } from "../../src/experiment/index.ts";
import type { PodRow, RunResult } from "../../src/metrics/index.ts";

const GIB = 1024 ** 3;

interface World {
  readonly pools: readonly object[];
  readonly pods?: readonly object[];
  readonly generators?: readonly object[];
  readonly edits?: readonly object[];
  readonly prices?: object;
  readonly measures?: readonly string[];
  readonly thresholds?: readonly string[];
  readonly faults?: readonly object[];
  readonly run?: object;
}

function run(world: World, sink?: (row: PodRow) => void): RunResult {
  const { pools, pods = [], generators = [], edits = [], run: spec, ...rest } = world;
  const { scenario, problems } = decodeScenario({
    ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
    run: { study: "terminating", horizon: "1h", seed: "1", ...spec },
    cluster: { nodePools: pools },
    workload: { manifests: [{ objects: pods }], generators, edits },
    controlPlane: { preset: "instant" },
    ...rest,
  });
  expect(problems).toEqual([]);
  const prepared = prepareRun({ scenario: scenario! });
  return runToEnd(prepared, sink === undefined ? {} : { sinks: { pod: sink } });
}

function pod(name: string, cpu: string, memory: string, more: object = {}): object {
  return {
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name, ...more } },
    spec: { containers: [{ name: "c", image: "i", resources: { requests: { cpu, memory } } }] },
  };
}

function pool(name: string, count: number, more: object = {}): object {
  return { name, count, allocatable: { cpu: "4", memory: "8Gi", pods: "110" }, ...more };
}

const BARE = { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } };

const ROOM = ["fragmentation.cpu", "stranded.cpu"];

describe("fragmentation and stranded room", () => {
  it("count what no usual pod can use: 1 of 4 cpu where every pod wants 2 or 3", () => {
    const { fragmentation } = run({
      pools: [pool("n", 1)],
      pods: [pod("a", "3", "1Gi"), pod("b", "2", "1Gi")],
      measures: ROOM,
    });
    expect(fragmentation).toEqual({
      usualPodsCount: 2,
      resources: [
        { resource: "cpu", fragmentedRatio: 1, strandedRatio: 0.25 },
        { resource: "memory", fragmentedRatio: 1, strandedRatio: 7 / 8 },
      ],
    });
  });

  it("count half where one of two kinds still fits, and nothing of it is stranded", () => {
    const { fragmentation } = run({
      pools: [pool("n", 1)],
      pods: [pod("a", "2", "1Gi"), pod("b", "3", "1Gi", { annotations: {} })],
      measures: ROOM,
    });
    // Whichever of the two is placed first, only one of them fits; the other kind is half of all.
    const [cpu] = fragmentation!.resources;
    expect([cpu!.fragmentedRatio, cpu!.strandedRatio]).toEqual([0.5, 0]);
  });

  it("count a node without a pod slot as stranded", () => {
    const { fragmentation } = run({
      pools: [{ name: "n", count: 1, allocatable: { cpu: "4", memory: "8Gi", pods: "1" } }],
      pods: [pod("a", "1", "1Gi")],
      measures: ROOM,
    });
    expect(fragmentation!.resources[0]).toEqual({
      ...{ resource: "cpu", fragmentedRatio: 1, strandedRatio: 0.75 },
    });
  });

  it("of GPUs follow the FGD study: devices too small for the share, all where it fits nowhere", () => {
    const share = (milli: string): object => ({
      annotations: { "alibabacloud.com/gpu-milli": milli },
    });
    const { fragmentation } = run({
      pools: [
        {
          ...{ name: "g", count: 1 },
          allocatable: { cpu: "32", memory: "64Gi", pods: "110", "nvidia.com/gpu": "2" },
        },
      ],
      pods: [pod("a", "1", "1Gi", share("600"))],
      measures: ["fragmentation.gpu"],
      ...{
        schedulers: [
          {
            name: "sharing",
            config: {
              apiVersion: "kubescheduler.config.k8s.io/v1",
              kind: "KubeSchedulerConfiguration",
              profiles: [{ plugins: { multiPoint: { enabled: [{ name: "GpuShare" }] } } }],
            },
          },
        ],
      },
    });
    // 400 of one device are too little for another pod of 600, the 1000 of the other are not.
    const gpu = fragmentation!.resources.find(({ resource }) => resource === "gpu");
    expect(gpu!.fragmentedRatio).toBeCloseTo(400 / 1400, 9);
    expect(gpu!.strandedRatio).toBe(0);
  });
});

describe("cost", () => {
  it("is the price of the nodes over their lifetime, split between pods and idle room", () => {
    const { cost } = run({
      pools: [pool("n", 2, { pricePerHour: 0.5 }), pool("m", 1)],
      pods: [pod("a", "2", "4Gi", { namespace: "shop" })],
      prices: { currency: "EUR", shapes: [{ name: "m", pricePerHour: 0.25 }] },
    });
    expect(cost).toMatchObject({
      ...{ currency: "EUR", totalMicros: 1_250_000, unpricedNodesCount: 0 },
      perPodMicros: 1_250_000,
    });
    const [used] = cost!.namespaces;
    // Half of a node, from the moment of its binding on.
    expect(used).toMatchObject({ namespace: "shop" });
    expect([125_000, 250_000]).toContain(Math.round(used!.micros / 1_000) * 1_000);
    expect(cost!.idleMicros).toBe(1_250_000 - used!.micros);
  });

  it("is unknown as soon as one node has no price", () => {
    const { cost } = run({ pools: [pool("n", 1, { pricePerHour: 1 }), pool("m", 2)] });
    expect(cost).toMatchObject({ totalMicros: null, idleMicros: null, unpricedNodesCount: 2 });
  });

  it("per pod is over those bound in the measured time", () => {
    const late = { arrivals: { process: "constant", interval: "1m", count: 50 } };
    const { cost, counts } = run({
      pools: [pool("n", 1, { pricePerHour: 1 })],
      generators: [{ name: "g", ...late, duration: { law: "constant", value: "1s" }, pod: BARE }],
      run: { study: "steady-state", horizon: "1h", warmup: "30m30s" },
    });
    // 50 pods come at whole minutes, 30 of them before the warm-up ends; 29.5 minutes are paid.
    expect(counts.podsBound).toBe(50);
    expect(cost!.perPodMicros).toBe(Math.round((1_000_000 * 29.5) / 60 / 20));
  });

  it("ends with the Node object, for the pods on it too", () => {
    const { cost } = run({
      pools: [pool("n", 2, { pricePerHour: 1 })],
      pods: [pod("a", "3", "1Gi"), pod("b", "3", "1Gi")],
      edits: [{ at: "30m", delete: { object: "node/n-0" } }],
    });
    expect(cost!.totalMicros).toBe(1_500_000);
    // Each pod is for 7/16 of a node: one of them for half an hour, the other for an hour.
    expect(cost!.namespaces).toEqual([{ namespace: "default", micros: 656_250 }]);
    expect(cost!.idleMicros).toBe(1_500_000 - 656_250);
  });

  it("counts from the end of the warm-up only", () => {
    const { cost } = run({
      pools: [pool("n", 1, { pricePerHour: 1 })],
      run: { study: "steady-state", horizon: "3h", warmup: "1h" },
    });
    expect(cost!.totalMicros).toBe(2_000_000);
  });

  it("can be a gate, in the currency's units", () => {
    const pools = [pool("n", 3, { pricePerHour: 0.5 })];
    const { thresholds } = run({ pools, thresholds: ["cost<=1.50", "cost<1.5", "cost.perPod<1"] });
    expect(thresholds.map(({ value, passed }) => [value, passed])).toEqual([
      [1_500_000, true],
      [1_500_000, false],
      [null, false],
    ]);
  });
});

describe("energy", () => {
  const power = { idleWatts: 100, fullWatts: 300 };

  it("is idle power plus the asked-for share of the rest, over time", () => {
    const { energy } = run({ pools: [pool("n", 1, { power })], pods: [pod("a", "1", "1Gi")] });
    expect(energy!.idleJoules).toBe(360_000);
    // A quarter of the cpu: 150 W from the binding on.
    expect(energy!.totalJoules! / 540_000).toBeCloseTo(1, 3);
  });

  it("is nothing while a machine has no power", () => {
    const { energy } = run({
      pools: [pool("n", 1, { power })],
      faults: [{ kind: "NodeCrash", node: "n-0", at: "30m" }],
    });
    expect(energy!.totalJoules).toBe(180_000);
  });

  it("is nothing, from the start, for machines that are found down", () => {
    const used = (start?: string): number =>
      run({
        pools: [pool("n", 400, { power })],
        faults: [
          {
            ...{ kind: "NodeFailures", pool: "n", ...(start && { start }) },
            upTime: { law: "constant", value: "1000h" },
            repairTime: { law: "constant", value: "1000h" },
          },
        ],
      }).energy!.totalJoules!;
    const all = used();
    expect(used("new")).toBe(all);
    // Each is up with probability 1/2: 4 standard deviations of the share are 0.1.
    expect(Math.abs(used("stationary") / all - 0.5)).toBeLessThan(0.1);
  });

  it("can be a gate", () => {
    const { thresholds } = run({
      pools: [pool("n", 1, { power })],
      thresholds: ["energy<=100Wh", "energy<0.1kWh", "energy=360000J"],
    });
    expect(thresholds.map(({ passed }) => passed)).toEqual([true, false, true]);
  });
});

describe("fairness", () => {
  it("is Jain's index of dominant shares, and of what is held over what is asked for", () => {
    const { fairness } = run({
      pools: [pool("n", 1)],
      pods: [
        pod("a", "3", "1Gi", { namespace: "a" }),
        pod("b", "500m", "2Gi", { namespace: "b" }),
        pod("c", "9", "1Gi", { namespace: "c" }),
      ],
      measures: ["fairness.share"],
    });
    const shares = fairness!.namespaces.map(({ namespace, dominantShareRatio, servedRatio }) => [
      ...[namespace, dominantShareRatio?.toFixed(3), servedRatio?.toFixed(3)],
    ]);
    expect(shares).toEqual([
      ["a", "0.750", "1.000"],
      ["b", "0.250", "1.000"],
      ["c", "0.000", "0.000"],
    ]);
    expect(fairness!.shareJain).toBeCloseTo(1 / (3 * (0.75 ** 2 + 0.25 ** 2)), 3);
    expect(fairness!.servedJain).toBeCloseTo(4 / (3 * 2), 3);
  });
});

describe("measures that are asked for", () => {
  const world = (seed: string, measures: readonly string[]): World => ({
    pools: [
      pool("n", 3, { pricePerHour: 0.123456, power: { idleWatts: 91.5, fullWatts: 287.25 } }),
      { name: "m", count: 2, allocatable: { cpu: "2", memory: "6Gi", pods: "3" }, pricePerHour: 1 },
    ],
    prices: { shapes: [{ name: "m", power: { idleWatts: 10, fullWatts: 20 } }] },
    generators: [0, 1].map((at) => ({
      name: `jobs${at}`,
      arrivals: { process: "poisson", rate: "90/m", count: 200 },
      duration: { law: "exponential", mean: "15s" },
      namespace: `ns${at}`,
      mix: [
        { weight: 3, pod: { spec: spec(at === 0 ? "700m" : "1300m", "300Mi") } },
        { weight: 1, pod: { spec: spec("2500m", at === 0 ? "5Gi" : "1Gi") } },
      ],
    })),
    measures,
    run: { seed, horizon: "5m" },
  });
  const spec = (cpu: string, memory: string): object => ({
    ...{ restartPolicy: "Never" },
    containers: [{ name: "c", image: "i", resources: { requests: { cpu, memory } } }],
  });

  it.each([
    ["1", "0s"],
    ["2", "0s"],
    ["3", "100s"],
  ])("are what pods.csv says, added up plainly (seed %s, after %s)", (seed, warmup) => {
    const rows: PodRow[] = [];
    const asked = world(seed, ["fragmentation.cpu", "fairness.share"]);
    const study = warmup === "0s" ? {} : { study: "steady-state", warmup };
    const result = run({ ...asked, run: { ...asked.run, ...study } }, (row) => rows.push(row));
    const plain = plainMeasures(rows, Number.parseInt(warmup, 10) * 1e6, result.end.atUs);
    const [cpu, memory] = result.fragmentation!.resources;
    expect(cpu!.fragmentedRatio).toBeCloseTo(plain.fragmentedCpu, 6);
    expect(cpu!.strandedRatio).toBeCloseTo(plain.strandedCpu, 6);
    expect(memory!.fragmentedRatio).toBeCloseTo(plain.fragmentedMemory, 6);
    expect(result.cost!.namespaces.map(({ micros }) => micros)).toEqual([
      expect.closeTo(plain.micros[0]!, -1),
      expect.closeTo(plain.micros[1]!, -1),
    ]);
    expect(Math.abs(result.energy!.totalJoules! - plain.joules)).toBeLessThan(1);
    expect(result.fairness!.namespaces[0]!.dominantShareRatio).toBeCloseTo(plain.shareOfNs0, 6);
    expect(result.fairness!.namespaces[1]!.servedRatio).toBeLessThan(1);
  });

  it("change nothing else: the same fingerprint, and no section that nobody asked for", () => {
    const pools = [pool("n", 3)];
    const { generators } = world("1", []);
    const [without, with_] = [[], ["fragmentation.cpu", "fairness.share", "cost", "energy"]].map(
      (measures) => run({ pools, generators: generators!, measures, run: { horizon: "2m" } }),
    );
    expect(with_!.fingerprint).toBe(without!.fingerprint);
    expect(with_!.operations).toEqual(without!.operations);
    const sections = ["fragmentation", "fairness", "cost", "energy"];
    expect(sections.filter((name) => name in without!)).toEqual([]);
    expect(sections.filter((name) => name in with_!)).toEqual(sections);
    expect(with_!.cost!.totalMicros).toBeNull();
  });
});

interface PlainMeasures {
  readonly fragmentedCpu: number;
  readonly fragmentedMemory: number;
  readonly strandedCpu: number;
  readonly shareOfNs0: number;
  readonly micros: readonly number[];
  readonly joules: number;
}

/** The same measures from the rows of pods, by sorting instants and looking at every node in between. */
function plainMeasures(rows: readonly PodRow[], startUs: number, endUs: number): PlainMeasures {
  const nodes = [
    ...["n-0", "n-1", "n-2"].map((name) => ({ name, cpu: 4000, memory: 8 * GIB, pods: 110 })),
    ...["m-0", "m-1"].map((name) => ({ name, cpu: 2000, memory: 6 * GIB, pods: 3 })),
  ].map((node) => ({
    ...node,
    price: node.name.startsWith("n") ? 123_456 : 1_000_000,
    idle: node.name.startsWith("n") ? 91.5 : 10,
    full: node.name.startsWith("n") ? 287.25 : 20,
  }));
  const MIB = 1024 ** 2;
  const usual = [
    { cpu: 700, memory: 300 * MIB, count: 150 },
    { cpu: 1300, memory: 300 * MIB, count: 150 },
    { cpu: 2500, memory: 5 * GIB, count: 50 },
    { cpu: 2500, memory: GIB, count: 50 },
  ];
  const endOf = (row: PodRow): number => row.finishedUs ?? row.deletedUs ?? endUs;
  const bound = rows.filter(({ boundUs }) => boundUs !== null);
  const instants = [
    ...new Set([startUs, endUs, ...bound.flatMap((row) => [row.boundUs!, endOf(row)])]),
  ]
    .filter((instant) => instant >= startUs)
    .sort((a, b) => a - b);
  const sums = {
    freeCpu: 0,
    fragCpu: 0,
    stranded: 0,
    freeMemory: 0,
    fragMemory: 0,
    heldNs0: [0, 0],
  };
  const micros = [0, 0];
  let joules = 0;
  for (const [at, fromUs] of instants.entries()) {
    const spanUs = (instants[at + 1] ?? fromUs) - fromUs;
    if (spanUs === 0) continue;
    for (const node of nodes) {
      const here = bound.filter(
        (row) => row.node === node.name && row.boundUs! <= fromUs && endOf(row) > fromUs,
      );
      const cpu = node.cpu - here.reduce((sum, row) => sum + row.milliCpuRequested, 0);
      const memory = node.memory - here.reduce((sum, row) => sum + row.memoryBytesRequested, 0);
      const fits = usual
        .filter((one) => here.length < node.pods && one.cpu <= cpu && one.memory <= memory)
        .reduce((sum, { count }) => sum + count, 0);
      sums.freeCpu += cpu * spanUs;
      sums.freeMemory += memory * spanUs;
      sums.fragCpu += (cpu * spanUs * (400 - fits)) / 400;
      sums.fragMemory += (memory * spanUs * (400 - fits)) / 400;
      if (fits === 0) sums.stranded += cpu * spanUs;
      joules += ((node.idle + (node.full - node.idle) * (1 - cpu / node.cpu)) * spanUs) / 1e6;
      for (const row of here) {
        const share =
          (row.milliCpuRequested / node.cpu + row.memoryBytesRequested / node.memory) / 2;
        const ns = Number(row.namespace.slice(2));
        micros[ns]! += (node.price * share * spanUs) / 3.6e9;
        if (ns === 0) sums.heldNs0[0]! += row.milliCpuRequested * spanUs;
        if (ns === 0) sums.heldNs0[1]! += row.memoryBytesRequested * spanUs;
      }
    }
  }
  return {
    fragmentedCpu: sums.fragCpu / sums.freeCpu,
    fragmentedMemory: sums.fragMemory / sums.freeMemory,
    strandedCpu: sums.stranded / (16_000 * (endUs - startUs)),
    shareOfNs0: Math.max(
      sums.heldNs0[0]! / (16_000 * (endUs - startUs)),
      sums.heldNs0[1]! / (36 * GIB * (endUs - startUs)),
    ),
    micros,
    joules,
  };
}
