// The event loop (P5), the whole loop against its own ceiling (P7), and garbage in both (P9).

import { startPodsOnNodes, usualLoad } from "../cluster/pods-on-nodes.ts";
import { benchmark as eventLoopBenchmark } from "../engine/event-loop.bench.ts";
import { measureGarbage } from "../harness/garbage-command.ts";
import { E0_DRAWS } from "../harness/machine.ts";
import { measureInChild } from "../harness/memory.ts";
import { runBenchmark, type SizeFigures } from "../harness/run-benchmark.ts";
import { cpuMs } from "../harness/slices.ts";
import { median } from "../harness/statistics.ts";
import type { ActiveRun } from "../../src/experiment/index.ts";
import { count, type GoalContext, type Measurement } from "./goal.ts";

const MEMORY_PODS = 1_000_000;

/** P5. */
export const eventLoop: Measurement = {
  name: "event-loop",
  goals: ["P5"],
  measure: (context) => {
    const pods = context.isLarge ? 1_000_000 : 300_000;
    context.progress(`P5: event loop, ${count(pods)} pods`);
    const sizes = { small: [], full: [pods] };
    const { machine, slices, sliceMs } = context;
    const timed = { ...eventLoopBenchmark, sizes, measuresMemory: false };
    const options = { small: false, slices, sliceMs, machine };
    const [{ variants, hash }] = runBenchmark(timed, options).sizes as readonly [SizeFigures];
    const podsim = variants.find(({ name }) => name === "podsim")!;
    context.report({
      ...{ goal: "P5", part: `events per second, ${count(pods)} pods`, unit: "x", hash },
      ...{ figure: podsim.ratio, bar: { atLeast: 8 }, spread: podsim.spread },
      e0Draws: podsim.e0Draws,
      note: "one event is the operation; nothing is visited",
    });
    context.progress(`P5: peak memory, ${count(MEMORY_PODS)} pods`);
    const peaks = eventLoopBenchmark
      .variants(MEMORY_PODS)
      .map((variant) => measureInChild(context.mainPath, eventLoopBenchmark, variant, MEMORY_PODS));
    const [object, own] = peaks as [(typeof peaks)[0], (typeof peaks)[0]];
    if (object.hash !== own.hash) throw new Error("The engines disagree about a million pods.");
    context.report({
      ...{ goal: "P5", part: `peak memory, ${count(MEMORY_PODS)} pods`, unit: "of its peak" },
      ...{ figure: own.peakMiB / object.peakMiB, bar: { atMost: 0.4 }, hash: own.hash },
      note: `${own.peakMiB.toFixed(0)} / ${object.peakMiB.toFixed(0)} MiB, Node's own included`,
    });
  },
};

const LOOP_SECONDS = 3;
const WARM_UP_SECONDS = 5;
const CHUNK_EVENTS = 500;

/** P7: nodes and pods of the full profile under it and under a scheduler that only binds in turn. */
export const fullLoop: Measurement = {
  name: "full-loop",
  goals: ["P7"],
  measure: (context) => {
    for (const [sizes, least, part] of [
      [20, 0.2, "20 classes"],
      [2_000, 0.15, "2,000 sizes, so that hardly any comes again soon"],
    ] as const) {
      measureFullLoop(sizes, least, part, context);
    }
  },
};

function measureFullLoop(sizes: number, least: number, part: string, context: GoalContext): void {
  context.progress(`P7: full loop on 10,000 nodes, ${part}`);
  const load = { ...usualLoad(10_000_000, "default"), sizes };
  const whole = startPodsOnNodes(load);
  const ceiling = startPodsOnNodes({ ...load, scheduler: "null", worldOf: "default" });
  const costs = { whole: [] as number[], ceiling: [] as number[] };
  let seconds = WARM_UP_SECONDS;
  for (const run of [whole, ceiling]) runUntil(run, seconds);
  const eventsBefore = whole.eventsFired;
  for (let slice = 0; slice < context.slices; slice++) {
    seconds += LOOP_SECONDS;
    const order =
      slice % 2 === 0 ? (["whole", "ceiling"] as const) : (["ceiling", "whole"] as const);
    for (const which of order) {
      costs[which].push(cpuOf(() => runUntil(which === "whole" ? whole : ceiling, seconds)));
    }
  }
  const events = (whole.eventsFired - eventsBefore) / context.slices;
  const { fingerprint } = whole.finish("stopped");
  const witness = startPodsOnNodes({ ...load, evaluator: "fused" });
  for (let second = WARM_UP_SECONDS; second <= seconds; second += LOOP_SECONDS)
    runUntil(witness, second);
  if (witness.finish("stopped").fingerprint !== fingerprint)
    throw new Error("The loop under the fused pass went another way.");
  const cost = median(costs.whole);
  const drawMs = (context.machine.e0CpuSeconds * 1e3) / E0_DRAWS;
  const pods = LOOP_SECONDS * load.rate;
  context.report({
    ...{ goal: "P7", part: `10,000 nodes, ${part}`, unit: "of the ceiling", hash: fingerprint },
    ...{ figure: median(costs.ceiling) / cost, bar: { atLeast: least } },
    e0Draws: cost / pods / drawMs,
    spread: Math.max(...costs.whole) / Math.min(...costs.whole),
    note: `${((1000 * cost) / pods).toFixed(0)} / ${((1000 * median(costs.ceiling)) / pods).toFixed(0)} us per pod, ${count(Math.round((1000 * events) / cost))} events/s; whole control plane on both sides`,
  });
}

/** The same chunks in every run, so that equal runs stop at the same event. */
function runUntil(run: ActiveRun, second: number): void {
  while (run.nowUs < second * 1_000_000) run.advance(CHUNK_EVENTS);
}

function cpuOf(work: () => void): number {
  const startMs = cpuMs();
  work();
  return cpuMs() - startMs;
}

/** P9. */
export const garbage: Measurement = {
  name: "garbage",
  goals: ["P9"],
  measure: async (context) => {
    for (const [name, variant, size] of [
      ["engine/event-loop", "podsim", 1_000_000],
      ["cluster/pods-on-nodes", "unchecked", context.isLarge ? 1_000_000 : 100_000],
    ] as const) {
      context.progress(`P9: garbage in ${name}`);
      const { collectionsCount, pausesMs, runMs } = await measureGarbage(name, variant, size);
      context.report({
        ...{ goal: "P9", part: `${name}, ${count(size)} pods`, unit: "% of the time" },
        ...{ figure: (100 * pausesMs) / runMs, bar: { atMost: 3 } },
        note: `${collectionsCount} collections; pauses by the clock, compilation in the run`,
      });
    }
  },
};
