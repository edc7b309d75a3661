// PodShapes: templates that selectors, affinity and taints cannot tell apart, as one small number.
//
// Pods of many workloads differ in what they ask for alone. Which counters a pod belongs to and which
// terms it has follows from its shape, so it is worked out once for all of those.

import type { PodTemplate } from "../../../cluster/index.ts";

interface KnownShape {
  readonly template: PodTemplate;
  readonly number: number;
}

/** Numbers of shapes, from 0. */
export class PodShapes {
  /** By template index, which is dense. */
  private readonly known: (KnownShape | undefined)[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(template: PodTemplate): number {
    const known = this.known[template.index];
    if (known?.template === template) return known.number;
    const key = shapeKeyOf(template);
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(key, number);
    }
    this.known[template.index] = { template, number };
    return number;
  }
}

/** Labels, and everything of the spec that says where a pod may or would rather go. */
function shapeKeyOf({ labels, tolerations, requiredNodeFeatures, source }: PodTemplate): string {
  const { affinity, nodeSelector, topologySpreadConstraints } = source.spec;
  return JSON.stringify(
    [
      [...labels],
      ...[affinity ?? null, nodeSelector ?? null, topologySpreadConstraints ?? null],
      ...[tolerations, requiredNodeFeatures],
    ],
    (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value),
  );
}
