import { describe, expect, it } from "vitest";
import { designOf } from "../../src/cli/compare-design.ts";
import { type DesignOptions, refuseDesignOptions } from "../../src/cli/compare-design-options.ts";
import { commandOfComparison } from "../../src/cli/study-origin.ts";
import type { CompareRequest } from "../../src/cli/compare-request.ts";
import {
  COMPARED_MEASURES,
  decodeScenario,
  prepareRun,
  runToEnd,
} from "../../src/experiment/index.ts";
import { measuresOf } from "../../src/experiment/compare/compare-measures.ts";

describe("options of a comparison's design", () => {
  it.each<[DesignOptions & { replications?: number }, string]>([
    [{ precision: 0.05, select: "pending.avg", indifference: "1s" }, "exclude each other"],
    [{ precision: 0.05, replications: 20 }, "'--replications' and '--precision'"],
    [{ select: "pending.avg", indifference: "1s", replications: 9 }, "'--replications' and"],
    [{ select: "pending.avg" }, "--select needs --indifference"],
    [{ indifference: "1s" }, "--indifference is for --select"],
    [{ maxReplications: 9 }, "--max-replications is for"],
  ])("%j are refused", (options, message) => {
    expect(() => refuseDesignOptions(options)).toThrow(message);
  });

  it.each<[DesignOptions, readonly string[], string]>([
    [{ precision: 0.05 }, [], "--precision needs --measure"],
    [{}, ["pendng"], "--measure pendng: alternatives are compared on pending.avg"],
    [{ select: "pending", indifference: "1s" }, [], "--select pending: alternatives"],
    [{ select: "pending.avg", indifference: "1" }, [], "expected an amount of pending.avg"],
    [{ select: "cost", indifference: "0" }, [], "expected an amount of cost above 0"],
  ])("%j on %j are refused", (options, measures, message) => {
    expect(() => designOf(options, measures)).toThrow(message);
  });

  it("read an indifference amount in the measure's unit", () => {
    const amount = (select: string, indifference: string): unknown =>
      designOf({ select, indifference }, []);
    expect(amount("pending.avg", "2s")).toMatchObject({ indifference: 2_000_000, countMax: 500 });
    expect(amount("utilization.cpu", "1%")).toMatchObject({ indifference: 0.01 });
    expect(amount("cost.perPod", "0.25")).toMatchObject({ indifference: 250_000 });
    expect(amount("energy", "2kWh")).toMatchObject({ indifference: 7_200_000 });
    expect(designOf({ precision: 0.05, maxReplications: 30 }, ["pending"])).toEqual({
      ...{ kind: "precision", ratio: 0.05, countMax: 30 },
    });
    expect(designOf({}, ["pending"])).toEqual({ kind: "fixed" });
  });
});

describe("measures that alternatives can be compared on", () => {
  it("are those that a run with everything asked for leaves, under the same names", () => {
    const { scenario } = decodeScenario({
      ...{ apiVersion: "podsim.dev/v1", kind: "Scenario", metadata: { name: "x" } },
      run: { horizon: "1m" },
      cluster: {
        nodePools: [{ name: "g", count: 1, allocatable: { cpu: "4", "nvidia.com/gpu": "1" } }],
      },
      measures: ["fragmentation.cpu", "fairness.share", "cost", "energy"],
    });
    const left = measuresOf(runToEnd(prepareRun({ scenario: scenario! })));
    const named = left.map(({ measure, unit }): [string, string] => [measure, unit]);
    expect(named.sort()).toEqual([...COMPARED_MEASURES].sort());
  });
});

describe("the command that makes a comparison again", () => {
  it("names what decides the record, and no folder, thread or format", () => {
    const request: CompareRequest = {
      ...{ inputs: ["/home/me/jobs.yaml"], recursive: false, allowOutside: false },
      ...{ overrides: ["run.horizon=5m"], schedulers: ["default", "strategies/mine.js"] },
      ...{ seed: "7", horizon: undefined, thresholds: [], maxInputBytes: undefined },
      ...{ noPlugins: false, prices: "/tmp/prices.csv", allowUnsimulated: false, strict: false },
      ...{ varied: ["order", "ties"], replicationsCount: undefined, confidence: 0.9 },
      ...{ margin: { kind: "relative", ratio: 0.02 }, baseline: "default", measures: ["cost"] },
      ...{
        workersCount: 8,
        store: "/tmp/store",
        shard: undefined,
        queue: undefined,
        quiet: true,
        debug: false,
      },
      ...{ pluginDeadline: undefined, format: "json" },
      design: { precision: 0.05, maxReplications: 40, tieAudit: true },
      settings: [],
    };
    expect(commandOfComparison(request)).toBe(
      "podsim compare jobs.yaml -s default -s mine.js --set run.horizon=5m --seed 7 --prices prices.csv --vary order,ties --margin 2% --confidence 90% --baseline default --measure cost --precision 5% --max-replications 40 --tie-audit",
    );
  });
});
