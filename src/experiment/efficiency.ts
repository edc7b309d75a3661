// Fragmentation, fairness, cost and energy of a run: who asks for them, and what comes of them.
//
// They are measured where the scenario's `measures`, a gate or a comparison names them; cost and energy
// also wherever machines have prices or power. Runs without any of this are as they were.

import { giniCoefficient, jainIndex } from "../analysis/index.ts";
import type { PodIndex } from "../cluster/index.ts";
import type {
  DevicesOfPod,
  EfficiencyPlan,
  MeasuredEfficiency,
  RunResult,
} from "../metrics/index.ts";
import { gpuDevicesOf } from "../scheduler/index.ts";
import { NODE_POOL_LABEL } from "./assembly/node-pools.ts";
import { workloadPodsOf } from "./assembly/workload-pods.ts";
import type { PreparedRun } from "./prepare-run.ts";
import type { RunningSchedulers } from "./running-schedulers.ts";
import { ShapeRates } from "./shapes/shape-rates.ts";

/** The parts of a result that are there only when somebody asks. */
export type EfficiencyResult = Pick<RunResult, "fragmentation" | "fairness" | "cost" | "energy">;

/** What a run measures beside the rest; undefined: nothing. */
export function efficiencyPlanOf(
  prepared: PreparedRun,
  devicesOf: DevicesOfPod,
): EfficiencyPlan | undefined {
  const rates = new ShapeRates(prepared.scenario);
  const { hasPrices, hasPower } = rates.known;
  const asks = (...families: readonly string[]): boolean =>
    [...prepared.measures].some((measure) => families.includes(measure.split(".")[0]!));
  const hasFragmentation = asks("fragmentation", "stranded");
  const hasFairness = asks("fairness");
  const hasCost = hasPrices || asks("cost");
  const hasEnergy = hasPower || asks("energy");
  if (!(hasFragmentation || hasFairness || hasCost || hasEnergy)) return undefined;
  return {
    ...(hasFragmentation && { fragmentation: { pods: workloadPodsOf(prepared), devicesOf } }),
    ...(hasFairness && { fairness: true }),
    ...(hasCost && { cost: { currency: rates.currency } }),
    ...(hasEnergy && { energy: true }),
    rateOf: ({ meta }) => rates.ofLabels(meta.labels, NODE_POOL_LABEL),
  };
}

/** The devices that a scheduler of the run has given to a pod; read only, nothing is decided by it. */
export function devicesGivenBy(
  pods: { uid(pod: PodIndex): number },
  nodeName: (node: Parameters<DevicesOfPod>[1]) => string,
  schedulers: () => RunningSchedulers,
): DevicesOfPod {
  return (pod, node) => {
    const name = nodeName(node);
    for (const { scheduler } of schedulers().started) {
      const row = scheduler.cache.findRow(name);
      const info = scheduler.cache.findPod(pods.uid(pod));
      if (row === undefined || info === undefined) continue;
      const devices = gpuDevicesOf(scheduler.cache).devicesOf(info, row);
      if (devices !== undefined) return devices;
    }
    return undefined;
  };
}

/** The sections of a result. */
export function efficiencyResultOf({ shares, ...rest }: MeasuredEfficiency): EfficiencyResult {
  if (shares === undefined) return rest;
  const dominant = shares.map(({ dominantShareRatio }) => dominantShareRatio ?? 0);
  const served = shares.flatMap(({ servedRatio }) => servedRatio ?? []);
  const { fragmentation, ...others } = rest;
  return {
    ...(fragmentation && { fragmentation }),
    fairness: {
      shareJain: jainIndex(dominant),
      shareGini: giniCoefficient(dominant),
      servedJain: jainIndex(served),
      namespaces: shares,
    },
    ...others,
  };
}

/** Value of one of these measures by its name; null where it was not measured or does not exist. */
export function efficiencyMeasure(result: EfficiencyResult, measure: string): number | null {
  const [family, part = ""] = measure.split(".");
  const { fragmentation, fairness, cost, energy } = result;
  const room = fragmentation?.resources.find(({ resource }) => resource === part);
  switch (family) {
    case "fragmentation":
      return room?.fragmentedRatio ?? null;
    case "stranded":
      return room?.strandedRatio ?? null;
    case "fairness":
      if (part === "share") return fairness?.shareJain ?? null;
      return (part === "gini" ? fairness?.shareGini : fairness?.servedJain) ?? null;
    case "cost":
      if (part === "") return cost?.totalMicros ?? null;
      return (part === "idle" ? cost?.idleMicros : cost?.perPodMicros) ?? null;
    default:
      return (part === "" ? energy?.totalJoules : energy?.idleJoules) ?? null;
  }
}
