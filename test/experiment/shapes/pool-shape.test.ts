import { describe, expect, it } from "vitest";
import { decodeScenario } from "../../../src/experiment/index.ts";

const scenario = (pool: object) =>
  decodeScenario(
    {
      apiVersion: "podsim.dev/v1",
      kind: "Scenario",
      metadata: { name: "t" },
      run: { horizon: "1m" },
      cluster: { nodePools: [{ name: "n", count: 1, ...pool }] },
    },
    { file: "t" },
  );

function problems(pool: object): string[] {
  return scenario(pool).problems.map(({ message }) => message);
}

describe("a node pool of a shape", () => {
  it("has what a machine of its type leaves to pods, and says what it is", () => {
    const reading = scenario({ shape: { provider: "eks", type: "m5.large" } });
    expect(reading.problems).toEqual([]);
    const [pool] = reading.scenario!.cluster.nodePools;
    expect(Object.fromEntries(pool!.allocatable)).toEqual({
      cpu: "1930m",
      memory: String(6903 * 1024 * 1024),
      pods: "29",
    });
    expect(Object.fromEntries(pool!.capacity)).toMatchObject({ cpu: "2000m", pods: "29" });
    expect(pool!.labels.get("node.kubernetes.io/instance-type")).toBe("m5.large");
  });

  it("may be sized by cores and memory, with its own number of pods", () => {
    const shape = { provider: "aks", cores: 4, memory: "16Gi", maxPods: 30 };
    const [pool] = scenario({ shape }).scenario!.cluster.nodePools;
    expect(Object.fromEntries(pool!.allocatable)).toEqual({
      cpu: "3860m",
      memory: String((16384 - 650 - 100) * 1024 * 1024),
      pods: "30",
    });
  });

  it("gives way to what the pool says itself", () => {
    const [pool] = scenario({
      shape: { provider: "bare", type: "bare-8x32" },
      allocatable: { cpu: "6", "example.com/gpu": 1 },
      labels: { "kubernetes.io/arch": "arm64" },
    }).scenario!.cluster.nodePools;
    expect(pool!.allocatable.get("cpu")).toBe("6");
    expect(pool!.allocatable.get("example.com/gpu")).toBe("1");
    expect(pool!.allocatable.get("pods")).toBe("110");
    expect(pool!.labels.get("kubernetes.io/arch")).toBe("arm64");
  });

  it.each<[pool: object, message: string]>([
    [{}, "allocatable"],
    [{ shape: { provider: "eks", type: "m5.lage" } }, "did you mean m5.large?"],
    [{ shape: { provider: "eks" } }, "give a type, or cores and memory"],
    [{ shape: { provider: "eks", cores: 4 } }, "give a type, or cores and memory"],
    [
      { shape: { provider: "gke", type: "e2-medium", cores: 4, memory: "1Gi" } },
      "a type has its own cores and memory",
    ],
    [{ shape: { provider: "ovh", type: "x" } }, "ovh"],
  ])("%j is refused: %s", (pool, message) => {
    expect(problems(pool).join()).toContain(message);
  });
});
