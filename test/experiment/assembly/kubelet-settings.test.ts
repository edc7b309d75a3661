// Every field of a scenario about kubelets reaches the option that it is meant for.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  containerTimesOf,
  controllerOptionsOf,
} from "../../../src/experiment/assembly/control-plane.ts";
import { readScenario } from "../../../src/experiment/index.ts";

const file = join(import.meta.dirname, "../../corpus/scenario/good-everything.yaml");

describe("settings of kubelets", () => {
  const { scenario } = readScenario(readFileSync(file, "utf8"), { file: "good-everything.yaml" });
  const { kubelet, nodeIpam } = controllerOptionsOf(scenario!.controlPlane);

  it("are those of the scenario with every field", () => {
    expect(nodeIpam).toEqual({ clusterCidr: "10.244.0.0/16", nodeMaskSize: 24 });
    expect(kubelet).toMatchObject({
      statusPeriodUs: 10_000_000,
      reportImages: true,
      restartJitter: false,
      restartBackoff: { maxUs: 300_000_000 },
      shutdown: { gracePeriodUs: 60_000_000, criticalGracePeriodUs: 20_000_000 },
    });
    expect(kubelet.images).toMatchObject({
      maxParallelPulls: 4,
      registryBytesPerSecond: 1_000_000_000,
      garbageCollection: { highPercent: 85, lowPercent: 80 },
    });
    expect(containerTimesOf(scenario!.controlPlane).initRunUs).toBe(1_000_000);
  });

  it("know the images of the registry by their normalised names, with sizes added up from layers", () => {
    const { registry } = kubelet.images;
    expect([...registry].map(([name, { bytes, isMissing }]) => [name, bytes, isMissing])).toEqual([
      ["web:1", 80_000_000, false],
      ["api:2", 65_000_000, false],
      ["gone:1", 150_000_000, true],
    ]);
  });

  it("replace all thresholds of eviction when they name any", () => {
    expect(kubelet.eviction.thresholds).toEqual([
      {
        signal: "memory.available",
        amount: 100 * 2 ** 20,
        percent: undefined,
        graceUs: undefined,
        minReclaim: 0,
      },
      {
        signal: "nodefs.available",
        amount: undefined,
        percent: 10,
        graceUs: undefined,
        minReclaim: 2 ** 30,
      },
      {
        signal: "memory.available",
        amount: 500 * 2 ** 20,
        percent: undefined,
        graceUs: 90_000_000,
        minReclaim: 0,
      },
    ]);
    expect(kubelet.eviction).toMatchObject({
      transitionUs: 300_000_000,
      maxPodGraceUs: 30_000_000,
      processesMax: 32_768,
    });
  });
});
