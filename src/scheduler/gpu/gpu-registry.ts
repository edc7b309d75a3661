// The GPU plugins by name: GPU sharing by device, and the six policies of the FGD study.
//
// Kubernetes has none of them, so no default profile does: a configuration that wants them names them.
// A new one is a file and an entry here.

import { Registry, type RegistryEntry } from "../framework/registry.ts";
import { DEFAULT_PLUGINS } from "../plugins/default-registry.ts";
import {
  type FragmentationDescentArguments,
  GpuFragmentationDescent,
} from "./fragmentation-descent.ts";
import { readFragmentationArguments, readGpuRandomArguments } from "./gpu-arguments.ts";
import { GpuBestFit } from "./gpu-best-fit.ts";
import { GpuClustering } from "./gpu-clustering.ts";
import { GpuDotProduct } from "./gpu-dot-product.ts";
import { GpuPacking } from "./gpu-packing.ts";
import { GpuRandom, type GpuRandomArguments } from "./gpu-random.ts";
import { GpuShare } from "./gpu-share.ts";

const GPU_PLUGINS: readonly RegistryEntry[] = [
  {
    name: "GpuShare",
    points: ["preFilter", "filter", "reserve"],
    factory: (_args, handle) => new GpuShare(handle),
  },
  {
    name: "GpuFragmentationDescent",
    points: ["score", "reserve"],
    factory: (args, handle) =>
      new GpuFragmentationDescent(args as FragmentationDescentArguments, handle),
    readArguments: readFragmentationArguments,
  },
  {
    name: "GpuBestFit",
    points: ["score"],
    factory: (_args, handle) => new GpuBestFit(handle),
  },
  {
    name: "GpuDotProduct",
    points: ["score"],
    factory: (_args, handle) => new GpuDotProduct(handle),
  },
  {
    name: "GpuPacking",
    points: ["score"],
    factory: (_args, handle) => new GpuPacking(handle),
  },
  {
    name: "GpuClustering",
    points: ["score"],
    factory: (_args, handle) => new GpuClustering(handle),
  },
  {
    name: "GpuRandom",
    points: ["preScore", "score", "reserve"],
    factory: (args, handle) => new GpuRandom(args as GpuRandomArguments, handle),
    readArguments: readGpuRandomArguments,
  },
];

/** A registry with upstream's plugins and those of GPU sharing. */
export function createGpuRegistry(): Registry {
  return new Registry([...DEFAULT_PLUGINS, ...GPU_PLUGINS]);
}
