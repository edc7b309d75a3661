// The six policies of the FGD study as scheduler configurations.
//
// All share the filters (cpu, memory, pods, GPU model, GPU devices) and differ in the one plugin that
// scores; Reserve of that plugin may choose another device than GpuShare.

import { Decoder, InputError } from "../../base/index.ts";
import {
  DEFAULT_MULTI_POINT,
  readSchedulerConfiguration,
  type Registry,
  type SchedulerConfiguration,
  type TypicalPod,
} from "../../scheduler/index.ts";

/** Names of the policies, in the order of the tables, and the plugin of each. */
export const FGD_POLICIES: ReadonlyMap<string, string> = new Map([
  ["fgd", "GpuFragmentationDescent"],
  ["bestfit", "GpuBestFit"],
  ["dotprod", "GpuDotProduct"],
  ["gpupacking", "GpuPacking"],
  ["gpuclustering", "GpuClustering"],
  ["random", "GpuRandom"],
]);

/** The configuration of a policy; `seed` is for the draws of "random". */
export function fgdConfiguration(
  policy: string,
  typicalPods: readonly TypicalPod[],
  modelLabel: string,
  seed: number,
  registry: Registry,
): SchedulerConfiguration {
  const plugin = FGD_POLICIES.get(policy);
  if (plugin === undefined) throw new Error(`no policy of the study is called ${policy}`);
  const args =
    policy === "fgd"
      ? { modelLabel, typicalPods: typicalPods.map(argumentOf) }
      : policy === "random"
        ? { seed: String(seed) }
        : undefined;
  // GpuShare refuses most nodes and is quick to ask, so it is asked first.
  const names = ["PrioritySort", "GpuShare", "NodeAffinity", "NodeResourcesFit", plugin];
  const onlyFilter = { disabled: [{ name: "NodeAffinity" }, { name: "NodeResourcesFit" }] };
  const value = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    percentageOfNodesToScore: 100,
    profiles: [
      {
        plugins: {
          multiPoint: {
            disabled: [{ name: "*" }],
            enabled: [...names, "DefaultBinder"].map((name) => ({ name })),
          },
          preScore: onlyFilter,
          score: onlyFilter,
        },
        ...(args && { pluginConfig: [{ name: plugin, args }] }),
      },
    ],
  };
  const decoder = new Decoder({ value });
  const context = { registry, defaultMultiPoint: DEFAULT_MULTI_POINT };
  const configuration = readSchedulerConfiguration(decoder, context);
  if (configuration === undefined) throw new InputError(decoder.problems);
  return configuration;
}

function argumentOf({ milliCpu, gpus, milliEach, models, weight }: TypicalPod): object {
  const devices = gpus > 0 ? { gpus, gpuMilli: milliEach, models: [...models] } : {};
  return { milliCpu, ...devices, weight };
}
