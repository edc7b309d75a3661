// Which pods a run's inputs bring, by template: counted where they are listed, expected where laws make them.
//
// What fragmentation is measured against. Pods of controllers count as many as their replicas, those of
// a generator as many as come on average until its end or the horizon.

import { type ApiObject, findControllerOf, type PodTemplate } from "../../cluster/index.ts";
import type { TemplateCount } from "../../metrics/index.ts";
import type { PreparedRun, PreparedTrace } from "../prepare-run.ts";
import { podSourcesOf } from "./pod-prospects.ts";

/** Pods of all inputs. */
export function workloadPodsOf(prepared: PreparedRun): TemplateCount[] {
  const { cluster, generators, traces, registry } = prepared;
  const objects = [...cluster.initial, ...cluster.steps.flatMap((step) => step.objects)];
  return [
    ...podSourcesOf(objects, registry).map(({ template, podCount }) => ({
      template,
      count: podCount,
    })),
    ...boundPodsOf(objects),
    ...generators.flatMap((generator) => generatedPodsOf(prepared, generator)),
    ...traces.flatMap(tracedPodsOf),
  ];
}

// A trace may hold millions of pods, and few kinds of them.
function tracedPodsOf({ trace, templates }: PreparedTrace): TemplateCount[] {
  const counts = new Map<number, number>();
  for (const { template } of trace.pods) counts.set(template, (counts.get(template) ?? 0) + 1);
  return [...counts].map(([template, count]) => ({ template: templates[template]!, count }));
}

// Pods that are on a node already, but for those whose controller is there to be counted itself.
function boundPodsOf(objects: readonly ApiObject[]): TemplateCount[] {
  const known = new Set(objects.map(({ kind, meta }) => `${kind} ${meta.namespace}/${meta.name}`));
  return objects.flatMap((object) => {
    if (object.kind !== "Pod" || object.nodeName === "") return [];
    const owner = findControllerOf(object.meta);
    const isCounted =
      owner !== undefined && known.has(`${owner.kind} ${object.meta.namespace}/${owner.name}`);
    return isCounted ? [] : { template: object.template as PodTemplate, count: 1 };
  });
}

function generatedPodsOf(
  { scenario }: PreparedRun,
  { plan, kinds, gapSeconds, durationSeconds }: PreparedRun["generators"][number],
): TemplateCount[] {
  const endUs = Math.min(
    plan.until ?? Number.POSITIVE_INFINITY,
    scenario.run.horizon ?? Number.POSITIVE_INFINITY,
  );
  const expected = Math.max(0, endUs - plan.from) / (gapSeconds.mean() * 1_000_000);
  const arriving = Math.min(plan.countMax ?? Number.POSITIVE_INFINITY, expected);
  const running = (durationSeconds?.mean() ?? 0) / gapSeconds.mean();
  const { prefill = 0 } = plan;
  const count = arriving + (prefill === "stationary" ? running : prefill);
  const weights = kinds.reduce((sum, { weight }) => sum + weight, 0);
  // Whole pods: the order of the kinds must not hang on the last bit of a mean.
  return kinds.map(({ template, weight }) => ({
    template,
    count: Math.round((count * weight) / weights),
  }));
}
