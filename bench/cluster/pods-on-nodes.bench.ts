// The whole control plane without a scheduler: API server, watch, kubelets, controllers, metrics.
//
// At sizes that it can bear, the same run is made with every invariant tested after every event; it
// must leave the same fingerprint. Memory of the largest size against the one before is goal P8.

import type { Benchmark, Variant } from "../harness/benchmark.ts";
import { finishPodsOnNodes, startPodsOnNodes, usualLoad } from "./pods-on-nodes.ts";

/** Above this number of pods only the unchecked run is made; below it there are fewer nodes. */
const CHECKED_PODS_MAX = 2_000;

/** Pods with lifetimes through the control plane. */
export const benchmark: Benchmark = {
  name: "cluster/pods-on-nodes",
  title: "pods with lifetimes on 1,000 nodes through API, kubelets and controllers, null scheduler",
  operation: "pod",
  sizeName: "pods",
  sizes: { small: [100, 200, 400], full: [2_000, 10_000, 100_000, 1_000_000] },
  baseline: "unchecked",
  measuresMemory: true,
  variants: (pods) => [
    createVariant(pods, "unchecked"),
    ...(pods <= CHECKED_PODS_MAX ? [createVariant(pods, "checked")] : []),
  ],
};

function createVariant(pods: number, name: "unchecked" | "checked"): Variant {
  let events = 0;
  return {
    name,
    operations: pods,
    run: () => {
      const load = { ...usualLoad(pods), nodes: pods < CHECKED_PODS_MAX ? 50 : 1_000 };
      const run = startPodsOnNodes(load, name === "checked" ? "check" : "none");
      const fingerprint = finishPodsOnNodes(run, pods);
      events = run.eventsFired;
      return fingerprint;
    },
    counters: () => ({ "events/pod": Math.round((events / pods) * 100) / 100 }),
  };
}
