import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exitCodeOf, lawFromSpec, type Problem, readYaml } from "../../../src/base/index.ts";
import { initScenarioText } from "../../../src/experiment/scenario/init-scenario.ts";
import { decodeScenario, readScenario } from "../../../src/experiment/scenario/read-scenario.ts";
import {
  nodeNameOfPool,
  type Scenario,
  zoneOfPoolNode,
} from "../../../src/experiment/scenario/scenario.ts";

const root = join(import.meta.dirname, "../../..");
const everything = readFileSync(join(root, "test/corpus/scenario/good-everything.yaml"), "utf8");
const parsed = readYaml(everything).documents[0]!.value;
const rawEverything = (): Record<string, unknown> =>
  structuredClone(parsed) as Record<string, unknown>;
const shipped = readdirSync(join(root, "scenarios"))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => `scenarios/${name}`);
const head = "apiVersion: podsim.dev/v1\nkind: Scenario\nmetadata: { name: demo }\n";
const errorsOf = (problems: readonly Problem[]): Problem[] =>
  problems.filter(({ severity }) => severity === "error");

function scenarioOf(text: string): Scenario {
  const { scenario, problems } = readScenario(text, { file: "s.yaml" });
  expect(problems).toEqual([]);
  return scenario!;
}

describe("readScenario", () => {
  it("fills in the defaults of a scenario that says nothing", () => {
    const scenario = scenarioOf(head);
    expect(scenario.run).toEqual({
      ...{ study: "terminating", horizon: 3_600_000_000, untilDrained: false, warmup: 0 },
      ...{ seed: "1", replications: 1, limits: { maxEvents: undefined, maxWall: undefined } },
    });
    expect(scenario.schedulers).toEqual([
      { name: "default-scheduler", args: {}, source: { kind: "default" }, path: [] },
    ]);
    expect(scenario.controlPlane.preset).toBe("kubernetes-1.36");
    expect(scenario.cluster).toEqual({ manifests: [], objects: [], nodePools: [] });
    expect(scenario.workload).toEqual({ manifests: [], generators: [], traces: [], edits: [] });
  });

  it("understands every field", () => {
    const scenario = scenarioOf(everything);
    expect(scenario.run).toMatchObject({ horizon: 9_000_000_000, warmup: 90_000_000, seed: "7" });
    const [pool] = scenario.cluster.nodePools;
    expect([...pool!.capacity].sort()).toEqual([
      ...[
        ["cpu", "4"],
        ["ephemeral-storage", "90Gi"],
        ["example.com/gpu", "2"],
      ],
      ...[
        ["memory", "14Gi"],
        ["pods", "110"],
      ],
    ]);
    expect(
      [0, 1, 2, 3].map((i) => `${nodeNameOfPool(pool!, i)}@${zoneOfPoolNode(pool!, i)}`),
    ).toEqual(["general-0@a", "general-1@b", "general-2@c", "general-3@a"]);
    const [jobs, ticks, bursts] = scenario.workload.generators;
    expect(jobs).toMatchObject({
      ...{ namespace: "batch", countMax: 1000, from: 60_000_000, until: 7_200_000_000 },
      durationSeconds: { law: "lognormal", median: 900, sigma: 1 },
      mix: [{ weight: 3 }, { weight: 1.5 }],
    });
    expect(jobs!.gapSeconds).toEqual({ law: "exponential", mean: 1 / 1.5 });
    expect(ticks).toMatchObject({
      namespace: "default",
      gapSeconds: { law: "constant", value: 0.25 },
    });
    expect(ticks!.mix[0]!.pod.path).toEqual(["workload", "generators", 1, "pod"]);
    expect(lawFromSpec(bursts!.gapSeconds).law?.mean()).toBeCloseTo(0.9 + 90);
    expect(scenario.workload.edits.map(({ kind }) => kind)).toEqual([
      ...["scale", "setImage", "delete", "switchService", "cordon", "uncordon", "setEnv"],
      ...["resize", "restart", "undo", "pause", "resume", "suspend", "unsuspend", "label", "taint"],
      ...["untaint", "drain", "set", "upgrade", "upgrade"],
    ]);
    expect(scenario.workload.edits[1]).toMatchObject({
      target: { kind: "StatefulSet", namespace: "default", name: "db" },
    });
    expect(scenario.schedulers.map(({ source }) => source.kind)).toEqual([
      ...["default", "policy", "module", "config", "configFile"],
    ]);
    expect(scenario.controlPlane).toMatchObject({
      ...{
        schedulerCycle: 1500,
        schedulerClient: "unlimited",
        kubeletClient: { qps: 0.5, burst: 1 },
      },
      phases: { nodeMonitor: 1_100_000, taintPass: 0 },
    });
    expect(scenario.faults.map(({ kind }) => kind)).toEqual([
      ...["NodeCrash", "ZoneOutage", "NodeReboot", "NodeShutdown", "NetworkPartition"],
      ...["NetworkPartition", "KubeletStop", "SlowNode", "DiskFull", "RegistryOutage"],
      "NodeFailures",
    ]);
  });

  it.each(shipped)("reads %s without a word", (file) => {
    scenarioOf(readFileSync(join(root, file), "utf8"));
  });

  it("reads what podsim init writes without a word", () => {
    expect(initScenarioText().startsWith("# yaml-language-server: $schema=")).toBe(true);
    expect(scenarioOf(initScenarioText("shop")).metadata.name).toBe("shop");
  });

  it('takes 7 and "7" as one seed, and integers of any size', () => {
    const seedOf = (seed: string): string => scenarioOf(`${head}run: { seed: ${seed} }`).run.seed;
    expect([seedOf("7"), seedOf('"7"'), seedOf("-3")]).toEqual(["7", "7", "-3"]);
    expect(seedOf("18446744073709551616")).toBe("18446744073709551616");
    expect(seedOf('"08 15"')).toBe("08 15");
  });

  it("says at most what is wrong, with three of three errors of one file together", () => {
    const text = readFileSync(join(root, "test/corpus/scenario/s03-three-errors.yaml"));
    const { problems } = readScenario(text, { file: "x" });
    expect(problems.map(({ code, line, column }) => [code, line, column])).toEqual([
      ["E_UNKNOWN_FIELD", 5, 3],
      ["E_RANGE", 6, 17],
      ["E_QUANTITY", 11, 38],
    ]);
  });

  it("exits with 4 for limits and with 3 for anything else", () => {
    expect(exitCodeOf(readScenario("[".repeat(1_000_000)).problems)).toBe(4);
    expect(exitCodeOf(readScenario(`${head}rn: 1`).problems)).toBe(3);
    const pools = (n: number): string =>
      `${head}cluster: { nodePools: [{ name: p, count: ${n}, allocatable: { pods: 1 } }] }`;
    expect(readScenario(pools(1_000_000)).problems).toEqual([]);
    expect(exitCodeOf(readScenario(pools(1_000_001)).problems)).toBe(4);
    expect(readScenario(pools(1_000_001), { nodesMax: 2_000_000 }).problems).toEqual([]);
  });

  it("finds 20,000 duplicate keys within a second of computing", () => {
    const keys = Array.from({ length: 40_000 }, (_, i) => `k${i % 20_000}: 1\n`).join("");
    const start = process.cpuUsage();
    expect(errorsOf(readScenario(head + keys).problems).length).toBe(20_000);
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
  });

  it("knows nodes, zones and policies that the caller says are elsewhere", () => {
    const text = `${head}faults: [{ kind: NodeCrash, node: x, at: 1m }]\nschedulers: [{ name: s, policy: mine }]`;
    expect(errorsOf(readScenario(text).problems)).toHaveLength(2);
    expect(readScenario(text, { hasOtherObjects: true, policies: ["mine"] }).problems).toEqual([]);
  });
});

/** Every path of a plain value to a map key or list item, with the value there. */
function pathsOf(value: unknown, path: (string | number)[] = []): [(string | number)[], unknown][] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return keys.flatMap((key): [(string | number)[], unknown][] => {
    const child = (value as Record<string | number, unknown>)[key];
    return [[[...path, key], child], ...pathsOf(child, [...path, key])];
  });
}

function changeAt(
  raw: unknown,
  path: readonly (string | number)[],
  change: (parent: Record<string | number, unknown>, key: string | number) => void,
): void {
  let parent = raw as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) parent = parent[step] as Record<string | number, unknown>;
  change(parent, path.at(-1)!);
}

/** Inside these, keys are free or belong to Kubernetes objects that other readers judge. */
const FREE =
  /\.(objects|pod|args|labels|annotations|selector|allocatable|capacity|status|conditions|requests|limits|values)\./;
const isFree = (path: readonly (string | number)[]): boolean =>
  FREE.test(`.${path.join(".")}`) || /schedulers\.\d+\.config\./.test(path.join("."));
const paths = pathsOf(rawEverything()).filter(([path]) => !isFree(path));

describe("one mistake anywhere", () => {
  it("covers every field of the file", () => {
    expect(paths.length).toBeGreaterThan(150);
  });

  it("an edited key is refused, naming the key that was meant", () => {
    let named = 0;
    const keys = paths.filter(([path]) => typeof path.at(-1) === "string");
    for (const [path, value] of keys) {
      const key = path.at(-1) as string;
      for (const edited of [`${key}s`, key.slice(1), key.toUpperCase(), key[0] + key]) {
        const raw = rawEverything();
        changeAt(raw, path, (parent) => {
          delete parent[key];
          parent[edited] = value;
        });
        const errors = errorsOf(decodeScenario(raw).problems);
        expect(errors.length, `${path.join(".")} as ${edited}`).toBeGreaterThan(0);
        if (errors.some(({ hint }) => hint === `did you mean '${key}'?`)) named++;
      }
    }
    // Very short keys (at, files of one letter less) may be closer to another word.
    expect(named / (keys.length * 4)).toBeGreaterThan(0.75);
  });

  it("a value of the wrong type is refused at its path", () => {
    for (const [path, value] of paths) {
      for (const wrong of [null, 3.25, "¡no!", true, [[]], { what: 1 }]) {
        const sameType =
          typeof wrong === typeof value &&
          Array.isArray(wrong) === Array.isArray(value) &&
          wrong !== null;
        if (sameType || isAlternative(path, wrong)) continue;
        const raw = rawEverything();
        changeAt(raw, path, (parent, key) => {
          parent[key] = wrong;
        });
        const where = path.reduce<string>(
          (text, step) =>
            typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`,
          "",
        );
        const errors = errorsOf(decodeScenario(raw).problems);
        const near = errors.filter((problem) => (problem.path ?? "").startsWith(where));
        expect(
          near.length,
          `${where} = ${JSON.stringify(wrong)}: ${JSON.stringify(errors)}`,
        ).toBeGreaterThan(0);
      }
    }
  });

  it("a missing list item or field never breaks the reader", () => {
    for (const [path] of paths) {
      const raw = rawEverything();
      changeAt(raw, path, (parent, key) => {
        if (Array.isArray(parent)) parent.splice(key as number, 1);
        else delete parent[key];
      });
      const { scenario, problems } = decodeScenario(raw);
      expect(scenario === undefined).toBe(errorsOf(problems).length > 0);
    }
  });
});

// Fields that take more than one type.
function isAlternative(path: readonly (string | number)[], wrong: unknown): boolean {
  const text = path.join(".");
  if (text === "metadata.description" || /taints\.\d+\.value$/.test(text))
    return typeof wrong === "string";
  if (text === "run.seed") return typeof wrong === "string";
  if (/schedulers\.\d+\.(config|args)$/.test(text))
    return typeof wrong === "string" || isPlainMap(wrong);
  if (/(rate|mean|median|scale|value|shape\.memory)$/.test(text)) return typeof wrong === "number";
  if (/\.pod$|objects\.\d+$/.test(text)) return isPlainMap(wrong);
  return false;
}

function isPlainMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

describe("numbers out of range", () => {
  it("are refused with the range, whatever they are", () => {
    const counts = fc.oneof(
      fc.integer({ max: 0 }),
      fc.double({ min: 0.001, max: 1e6 }).filter((x) => !Number.isInteger(x)),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1e300),
    );
    fc.assert(
      fc.property(counts, (count) => {
        const raw = rawEverything();
        changeAt(raw, ["run", "replications"], (parent, key) => {
          parent[key] = count;
        });
        const [problem] = errorsOf(decodeScenario(raw).problems);
        expect(problem).toMatchObject({ path: "run.replications", code: "E_RANGE" });
        expect(problem!.message).toContain("from 1 to 100000");
      }),
      { numRuns: 200, seed: 12 },
    );
  });
});

describe("decodeScenario", () => {
  it("gives what the file gives", () => {
    const fromValue = decodeScenario(rawEverything()).scenario;
    expect(fromValue).toEqual(scenarioOf(everything));
  });

  it("keeps its own copy", () => {
    const raw = rawEverything();
    const { scenario } = decodeScenario(raw);
    (raw["cluster"] as { objects: unknown[] }).objects.push(5);
    expect(scenario!.cluster.objects).toHaveLength(1);
  });

  it("refuses circles, functions and objects of classes", () => {
    const circle: Record<string, unknown> = rawEverything();
    (circle["cluster"] as { objects: unknown[] }).objects.push(circle);
    expect(errorsOf(decodeScenario(circle).problems)[0]!.message).toContain("in a circle");
    for (const wrong of [new Date(0), () => 1, Symbol("x"), new Map()]) {
      expect(
        errorsOf(decodeScenario({ ...rawEverything(), vary: wrong }).problems).length,
      ).toBeGreaterThan(0);
    }
  });
});
