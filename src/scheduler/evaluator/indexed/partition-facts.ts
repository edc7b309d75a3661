// PartitionFacts: what a class finds in each partition, by the partition's sample node.
//
// Static verdicts and raw scores hold until nodes change; whether zone-wide rules let the pod in is
// judged in each cycle in which there are any. Every node of a partition has the same facts, which is
// what makes it one.

import type { NodeRow } from "../../cache/node-row.ts";
import type { FusedSearch } from "../fused/fused-search.ts";
import { NO_DOMAIN } from "../fused/node-domains.ts";
import type { PodClass } from "../fused/pod-class.ts";
import { type NodeSlots, NOTHING } from "./node-slots.ts";

/** Facts by partition number. */
export class PartitionFacts {
  /** Sample row, or NOTHING for a partition without nodes. */
  readonly rows: number[] = [];
  readonly passes: boolean[] = [];
  readonly taintScores: number[] = [];
  readonly affinityScores: number[] = [];
  /** Soft constraints need a label that these nodes lack: they score 0 and count for nothing. */
  readonly isIgnored: boolean[] = [];
  /** Set in each cycle: the static rules and those over whole zones let the pod in. */
  readonly isAllowed: boolean[] = [];
  private partitionEpoch = -1;
  /** Whether `isAllowed` is what the static rules say. */
  private isStatic = false;
  private staticKey = "";

  /** Brings the facts up to date. */
  refresh(podClass: PodClass, slots: NodeSlots, search: FusedSearch): void {
    const { spread, affinity, judgesSpread, judgesAffinity } = search;
    if (this.partitionEpoch !== slots.partitionEpoch) this.look(podClass, slots);
    if (!judgesSpread && !judgesAffinity) {
      if (!this.isStatic) this.allowStatically();
      return;
    }
    this.isStatic = false;
    for (let at = 0; at < this.rows.length; at++) {
      const row = this.rows[at]! as NodeRow;
      this.isAllowed[at] =
        this.passes[at]! &&
        (!judgesSpread || spread.admitsDomains(row)) &&
        (!judgesAffinity || affinity.admitsDomains(row));
    }
  }

  /** Equal for equal sets of allowed partitions. */
  get allowedKey(): string {
    return this.isStatic ? this.staticKey : keyOf(this.isAllowed);
  }

  private allowStatically(): void {
    for (let at = 0; at < this.rows.length; at++) this.isAllowed[at] = this.passes[at]!;
    this.isStatic = true;
    this.staticKey = keyOf(this.isAllowed);
  }

  private look(podClass: PodClass, slots: NodeSlots): void {
    this.partitionEpoch = slots.partitionEpoch;
    this.isStatic = false;
    const { statics, softSpread, requiresAllLabels } = podClass;
    this.rows.length = 0;
    this.isAllowed.length = 0;
    for (const { number, sample } of slots.partitions) {
      const row = sample === NOTHING ? NOTHING : slots.rowAt[sample]!;
      this.rows[number] = row;
      if (row === NOTHING) {
        this.passes[number] = false;
        continue;
      }
      const group = statics.groupAt(row as NodeRow);
      this.passes[number] = group.passesAlike;
      this.taintScores[number] = group.taintScore;
      this.affinityScores[number] = group.affinityScore;
      this.isIgnored[number] =
        requiresAllLabels &&
        softSpread.some(({ domains }) => domains.domainOf.raw[row] === NO_DOMAIN);
    }
  }
}

function keyOf(isAllowed: readonly boolean[]): string {
  let key = "";
  for (const each of isAllowed) key += each ? "1" : "0";
  return key;
}
