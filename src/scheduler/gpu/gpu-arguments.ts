// Arguments of the GPU plugins: reading and checking.
//
// Faults are noted in the decoder with the path below the arguments.

import type { Decoder } from "../../base/index.ts";
import type { FragmentationDescentArguments } from "./fragmentation-descent.ts";
import type { GpuRandomArguments } from "./gpu-random.ts";
import { WHOLE_GPU_MILLI } from "./gpu-request.ts";
import type { TypicalPod } from "./typical-pods.ts";

const TYPE_FIELDS = ["apiVersion", "kind"] as const;
/** Label of the GPU model that NVIDIA's feature discovery puts on nodes. */
const DEFAULT_MODEL_LABEL = "nvidia.com/gpu.product";

/** Far above the roundings of a sum of weights, far below any weight that is meant. */
const ROUNDING_MAX = 1e-9;

/** FGD needs to know what usually comes: typicalPods is required and holds one pod at least. */
export function readFragmentationArguments(source: Decoder): FragmentationDescentArguments {
  source.object([...TYPE_FIELDS, "typicalPods", "modelLabel"]);
  const list = source.required("typicalPods")?.array() ?? [];
  if (source.isPresent && list.length === 0) {
    source.at("typicalPods").fail("E_VALUE", "at least one typical pod is needed");
  }
  return {
    typicalPods: sumToOne(list.map(readTypicalPod)),
    modelLabel: source.optional("modelLabel")?.text() ?? DEFAULT_MODEL_LABEL,
  };
}

/**
 * Weights that sum to 1 but for roundings stay as they are, bit for bit: scores are cut to integers, and
 * a difference in the last bit of a weight can make 49 of 50.
 */
function sumToOne(pods: readonly TypicalPod[]): TypicalPod[] {
  const sum = pods.reduce((total, { weight }) => total + weight, 0);
  const divisor = Math.abs(sum - 1) < ROUNDING_MAX || sum === 0 ? 1 : sum;
  return pods.map((pod) => ({ ...pod, weight: pod.weight / divisor }));
}

/** GpuRandom's seed; "1" when none is given. */
export function readGpuRandomArguments(source: Decoder): GpuRandomArguments {
  if (source.isPresent) source.object([...TYPE_FIELDS, "seed"]);
  return { seed: source.optional("seed")?.text() ?? "1" };
}

function readTypicalPod(source: Decoder): TypicalPod {
  source.object(["milliCpu", "gpus", "gpuMilli", "models", "weight"]);
  const gpus = source.optional("gpus")?.integer(0) ?? 0;
  const milliEach = source.optional("gpuMilli")?.integer(1, WHOLE_GPU_MILLI) ?? WHOLE_GPU_MILLI;
  const models = (source.optional("models")?.array() ?? []).map((model) => model.text() ?? "");
  const weight = source.required("weight")?.number(0) ?? 0;
  if (weight === 0) source.at("weight").fail("E_RANGE", "a weight above 0 was expected");
  return {
    milliCpu: source.required("milliCpu")?.integer(0) ?? 0,
    gpus,
    milliEach: gpus === 0 ? 0 : milliEach,
    models: new Set(models),
    weight,
  };
}
