// DependentSteps: applies steps of a workload that wait for others, when a user could know that they are done.
//
// A user hears through a watch that a Job is complete or a pod has succeeded, and then applies what
// waited for it. Runs without such steps watch nothing. Work that fails lets its followers wait for
// ever; the result says so.

import type { Instant } from "../../base/index.ts";
import { type ApiServer, PodPhase } from "../../cluster/index.ts";
import { type JobStatus, jobStatusOf } from "../../controllers/index.ts";
import { RANK, type Simulation } from "../../engine/index.ts";
import { JobGraph } from "../../workload/index.ts";
import type { AppliedStep } from "./cluster-input.ts";
import type { NoteBook } from "./notes.ts";

/** Names shown of the work that a step waits for. */
const SHOWN_MAX = 3;

/** The steps of a run that others wait for or that wait, and their graph. */
export class DependentSteps {
  private readonly simulation: Simulation;
  private readonly steps: readonly AppliedStep[];
  /** Undefined where no step waits. */
  private readonly graph: JobGraph | undefined;
  private readonly begin: (step: number) => void;
  private readonly failed = new Set<string>();

  /** `begin` applies a step; it is called at the instant, at the rank of the workload. */
  constructor(
    simulation: Simulation,
    api: ApiServer,
    steps: readonly AppliedStep[],
    begin: (step: number) => void,
  ) {
    this.simulation = simulation;
    this.steps = steps;
    this.begin = begin;
    if (steps.every(({ after }) => after === undefined)) return;
    this.graph = new JobGraph(
      steps.map(({ name, after, objects }) => ({
        name,
        after: after ?? [],
        work: objects.flatMap((object) => workOf(object.kind, object.meta) ?? []),
      })),
    );
    this.watch(api, this.graph);
  }

  /** To be called when a step has been applied. */
  applied(step: number): void {
    if (this.graph !== undefined) this.release(this.graph.apply(step));
  }

  /** Says which steps never came, and why. */
  noteWaiting(notes: NoteBook): void {
    const { graph } = this;
    for (const { step, names } of graph?.waiting() ?? []) {
      const open = names.flatMap((name) => graph!.openWorkOf(name));
      const failed = open.filter((work) => this.failed.has(work));
      const why =
        failed.length > 0
          ? `${listed(failed)} failed`
          : open.length > 0
            ? `${listed(open)} did not end`
            : "they were not applied themselves";
      const what = this.steps[step]!.name ?? `step ${step + 1}`;
      notes.add("NEVER_APPLIED", `${what} waits for ${listed(names)}: ${why}`, true);
    }
  }

  private watch(api: ApiServer, graph: JobGraph): void {
    api.watch({
      name: "job graph",
      onObject: (change) => {
        const { after } = change;
        if (after?.kind !== "Job") return;
        const work = workOf(after.kind, after)!;
        const end = endOf(jobStatusOf(after));
        if (end === "Failed") this.failed.add(work);
        if (end === "Complete") this.release(graph.succeed(work));
      },
      onPod: (change) => {
        const { phaseAfter, phaseBefore, pod } = change;
        if (phaseAfter === phaseBefore) return;
        if (phaseAfter !== PodPhase.Succeeded && phaseAfter !== PodPhase.Failed) return;
        const work = workOf("Pod", {
          namespace: api.pods.namespace(pod),
          name: api.pods.name(pod),
        })!;
        if (phaseAfter === PodPhase.Failed) this.failed.add(work);
        else this.release(graph.succeed(work));
      },
    });
  }

  private release(steps: readonly number[]): void {
    const { simulation } = this;
    for (const step of steps) {
      const atUs = Math.max(this.steps[step]!.atUs, simulation.nowUs) as Instant;
      simulation.callAt(atUs, RANK.workload, "apply manifests", () => this.begin(step));
    }
  }
}

function workOf(
  kind: string,
  meta: { readonly namespace: string; readonly name: string },
): string | undefined {
  return kind === "Job" || kind === "Pod" ? `${kind} ${meta.namespace}/${meta.name}` : undefined;
}

function endOf({ conditions }: JobStatus): string | undefined {
  return conditions.find(
    ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
  )?.type;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_MAX).join(", ");
  return names.length > SHOWN_MAX ? `${shown} and ${names.length - SHOWN_MAX} more` : shown;
}
