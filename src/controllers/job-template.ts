// Pod templates and completion indexes of Jobs.
//
// Apart from the controller because it is only names and labels: which pod belongs to which index is
// read back from them. When pods are made and counted is decided in job.ts.

import type { PodTemplate, PodTemplateRegistry, StoredObject } from "../cluster/index.ts";

const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";
const JOB_NAME = "batch.kubernetes.io/job-name";

/** The template of a Job's pod, with its index if the Job is Indexed. */
export function jobPodTemplate(
  record: StoredObject<"Job">,
  index: number | undefined,
  templates: PodTemplateRegistry,
): PodTemplate {
  const labels: Record<string, string> = { [JOB_NAME]: record.name, "job-name": record.name };
  if (index === undefined) return templates.derive(record.object.spec.template, { labels });
  labels[COMPLETION_INDEX] = String(index);
  return templates.derive(record.object.spec.template, {
    labels,
    annotations: { [COMPLETION_INDEX]: String(index) },
    spec: { hostname: `${record.name}-${index}` },
  });
}

/** The completion index of a pod of an Indexed Job. */
export function completionIndexOf(template: PodTemplate): number | undefined {
  const text = template.labels.get(COMPLETION_INDEX);
  return text === undefined ? undefined : Number(text);
}

/** The lowest indexes below `completions` that are not taken, at most `count`. */
export function lowestFreeIndexes(
  taken: ReadonlySet<number>,
  completions: number,
  count: number,
): number[] {
  const free: number[] = [];
  for (let index = 0; index < completions && free.length < count; index++) {
    if (!taken.has(index)) free.push(index);
  }
  return free;
}
