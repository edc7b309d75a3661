// Plans whose answer is known in closed form: queues (Erlang C), bin packing of equal pods, and both
// with machines lost. The formulas stand here; the plan runs pods.

import { describe, expect, it } from "vitest";
import type { PlanRecord } from "../../../src/analysis/index.ts";
import { planOf } from "./plan-of.ts";

const countsOf = ({ answer }: PlanRecord): readonly number[] | undefined => answer?.counts;

describe("bin packing of equal pods", () => {
  /** So many replicas, all at once, on nodes of 8 cores. */
  function packing(podsCount: number, milliCpu: number, zones: readonly string[] = []): object {
    const pod = {
      metadata: { labels: { app: "web" } },
      spec: {
        containers: [
          { name: "c", image: "web:1", resources: { requests: { cpu: `${milliCpu}m` } } },
        ],
      },
    };
    return {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "packing" },
      run: { study: "terminating", until: "drained", seed: "1" },
      cluster: {
        nodePools: [{ name: "n", count: 1, zones, allocatable: { cpu: "8", pods: "110" } }],
        objects: [
          {
            ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } },
            spec: { replicas: podsCount, selector: { matchLabels: { app: "web" } }, template: pod },
          },
        ],
      },
    };
  }
  const packed = (podsCount: number, milliCpu: number): number =>
    Math.ceil(podsCount / Math.floor(8000 / milliCpu));

  it.each([
    [1, 8000],
    [17, 1500],
    [40, 900],
    [23, 4100],
    [50, 100],
  ])("%i pods of %i milli-cpu need the nodes that division says", async (pods, milliCpu) => {
    const record = await planOf(packing(pods, milliCpu), ["unschedulable=0"]);
    expect(countsOf(record)).toEqual([packed(pods, milliCpu)]);
    expect(record.study).toBe("fixed");
    expect(record.monotony.isMonotone).toBe(true);
    const { message } = record.next!.losses[0]!.waiting[0]!;
    expect(message).toContain(
      packed(pods, milliCpu) === 1 ? "no nodes available" : "Insufficient cpu",
    );
  });

  it("needs one node more if any one may be lost, two if any two", async () => {
    const scenario = packing(17, 1500);
    const gate = ["unschedulable=0"];
    expect(countsOf(await planOf(scenario, gate, { lose: ["node:1"] }))).toEqual([4 + 1]);
    expect(countsOf(await planOf(scenario, gate, { lose: ["n:2"] }))).toEqual([4 + 2]);
  });

  it("needs so many that the largest zone may be lost", async () => {
    const scenario = packing(17, 1500, ["a", "b", "c"]);
    const record = await planOf(scenario, ["unschedulable=0"], { lose: ["zone:1"] });
    // Nodes are dealt to zones in turn, so the largest zone has a third, rounded up.
    const smallest = [4, 5, 6, 7, 8, 9].find((count) => count - Math.ceil(count / 3) >= 4);
    expect(countsOf(record)).toEqual([smallest]);
    expect(record.losses).toEqual([
      { asked: "zone:1", atUs: null, variants: ["zone a", "zone b", "zone c"], possibleCount: 3 },
    ]);
    expect(
      record.next!.losses.find(({ requirements }) => requirements[0]!.state === "missed")!.loss,
    ).toBe("zone a");
  });
});

describe("M/M/c", () => {
  /** One pod per node at a time: c nodes are c servers. Rates per second. */
  function queue(arrivals: number, meanService: number, seed: string): object {
    return {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "mmc" },
      run: { study: "steady-state", horizon: "50m", warmup: "5m", seed },
      controlPlane: { preset: "instant" },
      cluster: {
        nodePools: [{ name: "server", count: 6, allocatable: { cpu: "1", pods: "110" } }],
      },
      workload: {
        generators: [
          {
            name: "customer",
            arrivals: { process: "poisson", rate: arrivals },
            duration: { law: "exponential", mean: `${meanService}s` },
            mix: [
              {
                weight: 1,
                pod: {
                  spec: {
                    restartPolicy: "Never",
                    containers: [
                      { name: "c", image: "job:1", resources: { requests: { cpu: "1" } } },
                    ],
                  },
                },
              },
            ],
          },
        ],
      },
    };
  }

  /** Probability of having to wait, by the recursion of Erlang B. */
  function erlangC(servers: number, load: number): number {
    let blocked = 1;
    for (let k = 1; k <= servers; k++) blocked = (load * blocked) / (k + load * blocked);
    return (servers * blocked) / (servers - load * (1 - blocked));
  }

  const meanWait = (servers: number, arrivals: number, service: number): number =>
    servers <= arrivals * service
      ? Infinity
      : erlangC(servers, arrivals * service) / (servers / service - arrivals);

  const tailWait = (servers: number, arrivals: number, service: number, share: number): number =>
    servers <= arrivals * service
      ? Infinity
      : Math.log(Math.max(1, erlangC(servers, arrivals * service) / share)) /
        (servers / service - arrivals);

  function smallest(isMet: (servers: number) => boolean): number {
    let servers = 1;
    while (!isMet(servers)) servers++;
    return servers;
  }

  it("finds the servers that keep the mean wait below the target", async () => {
    const [arrivals, service, targetSeconds] = [0.25, 20, 2];
    const expected = smallest((c) => meanWait(c, arrivals, service) < targetSeconds);
    const record = await planOf(queue(arrivals, service, "1"), [`pending.avg<${targetSeconds}s`], {
      varied: ["arrivals", "lifetimes"],
      replicationsMax: 20,
    });
    console.log(
      `M/M/c mean wait: seed 1, ${record.runsCount} runs; Erlang C: ${[5, 6, 7, 8].map((c) => meanWait(c, arrivals, service).toFixed(2)).join(", ")} s at 5, 6, 7, 8 servers`,
    );
    expect(countsOf(record)).toEqual([expected]);
    const estimate = record.answer!.losses[0]!.requirements[0]!.estimate;
    expect(estimate.kind).toBe("interval");
    if (estimate.kind !== "interval") return;
    const exact = meanWait(expected, arrivals, service) * 1e6;
    expect(estimate.low).toBeLessThan(exact);
    expect(estimate.high).toBeGreaterThan(exact);
  });

  it("finds the servers that keep 19 of 20 waits below the target", async () => {
    const [arrivals, service, targetSeconds] = [0.4, 10, 6];
    const expected = smallest((c) => tailWait(c, arrivals, service, 0.05) < targetSeconds);
    const record = await planOf(queue(arrivals, service, "2"), [`pending.p95<${targetSeconds}s`], {
      varied: ["arrivals", "lifetimes"],
      replicationsMax: 20,
    });
    console.log(
      `M/M/c tail: seed 2, ${record.runsCount} runs; ${[5, 6, 7].map((c) => tailWait(c, arrivals, service, 0.05).toFixed(2)).join(", ")} s at 5, 6, 7`,
    );
    expect(countsOf(record)).toEqual([expected]);
  });
});
