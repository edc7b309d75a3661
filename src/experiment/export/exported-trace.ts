// The arrivals of a scenario as a trace: what its generators and traces give in one replication, written down.
//
// Pods stand in the order in which the run would submit them, so that the trace in their place gives the
// same run. Manifests and edits are no arrivals: they stay in the scenario.

import { EntityDraws, streamName } from "../../base/index.ts";
import { recordedLine, type TracePod } from "../../workload/index.ts";
import {
  generatorPrefill,
  generatorSource,
  PREFILL_SUFFIX,
  tracePods,
} from "../assembly/arrival-sources.ts";
import type { PreparedRun } from "../prepare-run.ts";

/** What an export came to. */
export interface ExportOutcome {
  readonly podCount: number;
  readonly templateCount: number;
  readonly nodeCount: number;
}

/** One source of pods with its templates as manifests. */
interface ExportSource {
  readonly templates: readonly object[];
  /** The present pod; `template` is a position in `templates`. */
  next(): TracePod | undefined;
}

/** Writes the trace line by line. What comes after the run's horizon is left out. */
export function exportTrace(
  prepared: PreparedRun,
  replication: number,
  write: (text: string) => void,
): ExportOutcome {
  const untilUs = prepared.scenario.run.horizon;
  write(recordedLine.version());
  const nodes = prepared.traces.flatMap(({ trace }) => trace.nodes);
  for (const node of nodes) write(recordedLine.node(node));
  const written = new Map<object, number>();
  const templateOf = (template: object): number => {
    const known = written.get(template);
    if (known !== undefined) return known;
    write(recordedLine.template(template));
    written.set(template, written.size);
    return written.size - 1;
  };
  let podCount = 0;
  for (const { pod, source } of inOrder(sourcesOf(prepared, replication))) {
    if (untilUs !== undefined && pod.submittedUs > untilUs) break;
    write(recordedLine.pod({ ...pod, template: templateOf(source.templates[pod.template]!) }));
    podCount++;
  }
  return { podCount, templateCount: written.size, nodeCount: nodes.length };
}

function sourcesOf(prepared: PreparedRun, replication: number): ExportSource[] {
  const { seed } = prepared.scenario.run;
  const draws = (purpose: string): EntityDraws =>
    new EntityDraws(streamName(seed, replication, purpose));
  const generators = prepared.generators.map((generator): ExportSource => {
    const { plan } = generator;
    const source = generatorSource(generator, draws);
    return {
      templates: plan.mix.map(({ pod }) => pod.value),
      next: () =>
        source.next()
          ? {
              name: `${plan.name}-${source.a}`,
              namespace: plan.namespace,
              submittedUs: source.atUs,
              durationUs: source.durationUs(source.a),
              template: source.b,
            }
          : undefined,
    };
  });
  const prefills = prepared.generators.map((generator): ExportSource => {
    const { plan } = generator;
    const pods = generatorPrefill(generator, draws).map(({ ordinal, kind, durationUs }) => ({
      name: `${plan.name}${PREFILL_SUFFIX}${ordinal}`,
      namespace: plan.namespace,
      submittedUs: 0,
      durationUs,
      template: kind,
    }));
    let at = 0;
    return { templates: plan.mix.map(({ pod }) => pod.value), next: () => pods[at++] };
  });
  const traces = prepared.traces.map((trace, position): ExportSource => {
    const pods = tracePods(trace, position, draws);
    let at = 0;
    return { templates: trace.trace.templates, next: () => pods.at(at++) };
  });
  return [...prefills, ...generators, ...traces];
}

/**
 * All pods by instant; at one instant in the order in which the engine admits the next arrival of each
 * source: just before the one before it is handled.
 */
function* inOrder(
  sources: readonly ExportSource[],
): Generator<{ readonly pod: TracePod; readonly source: ExportSource }> {
  let sequence = 0;
  const heads = sources.map((source) => ({ source, pod: source.next(), sequence: sequence++ }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.pod === undefined) continue;
      const isEarlier =
        first === undefined ||
        head.pod.submittedUs < first.pod!.submittedUs ||
        (head.pod.submittedUs === first.pod!.submittedUs && head.sequence < first.sequence);
      if (isEarlier) first = head;
    }
    if (first === undefined) return;
    const { pod, source } = first;
    first.pod = source.next();
    first.sequence = sequence++;
    yield { pod: pod!, source };
  }
}
