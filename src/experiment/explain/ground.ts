// Ground: why a node refuses a pod, without amounts and without words.
//
// Thousands of nodes are ranked and grouped by their grounds, and only a handful is ever shown. So the
// nodes share grounds and lists of grounds; texts, changes and lists of pods (Finding) are made for those
// few alone.

import type { ObstacleKind } from "../../metrics/index.ts";
import { Code } from "../../scheduler/index.ts";

/** One thing that keeps a pod off many nodes alike. */
export interface Ground {
  readonly kind: ObstacleKind;
  /** No pod's leaving helps. */
  readonly isFinal: boolean;
  /** Names the remedy in the pod, as Finding does; undefined where the pod cannot help itself. */
  readonly podKey: string | undefined;
}

/** A ground that is final on some nodes and not on others: one object each. */
export class GroundPair {
  private readonly passing: Ground;
  private readonly final: Ground;

  constructor(kind: ObstacleKind, podKey: string | undefined) {
    this.passing = { kind, podKey, isFinal: false };
    this.final = { kind, podKey, isFinal: true };
  }

  at(code: Code): Ground {
    return code === Code.UnschedulableAndUnresolvable ? this.final : this.passing;
  }
}

/** What so many steps of changing stand for: who can be waited for comes before what must be changed. */
function stepsOf({ kind, isFinal }: Ground): number {
  if (!isFinal) return 1;
  return kind === "resource" ? 3 : 2;
}

/** All grounds of a node, in order. Lists of one pass that hold the same objects are one object. */
export class GroundList {
  readonly grounds: readonly Ground[];
  /** How hard all that is to change. */
  readonly steps: number;
  private readonly longer = new Map<Ground, GroundList>();

  constructor(grounds: readonly Ground[] = [], steps: number = 0) {
    this.grounds = grounds;
    this.steps = steps;
  }

  get size(): number {
    return this.grounds.length;
  }

  /** The list with one more at its end. */
  with(ground: Ground): GroundList {
    let list = this.longer.get(ground);
    if (list === undefined) {
      list = new GroundList([...this.grounds, ground], this.steps + stepsOf(ground));
      this.longer.set(ground, list);
    }
    return list;
  }
}

/** The grounds of the node that is looked at, with the amounts that rank it. Used again for each node. */
export class Sketch {
  list: GroundList;
  /** The largest part of a wish that is missing, and all missing parts together. */
  share = 0;
  sum = 0;
  /** The same of resources alone. */
  roomShare = 0;
  roomSum = 0;
  private readonly empty = new GroundList();

  constructor() {
    this.list = this.empty;
  }

  /** Forgets the node before. */
  begin(): void {
    this.list = this.empty;
    this.share = 0;
    this.sum = 0;
    this.roomShare = 0;
    this.roomSum = 0;
  }

  /** `size`: how large a part of the wish is missing, for what is counted. */
  add(ground: Ground, size: number = 0): void {
    this.list = this.list.with(ground);
    if (size === 0) return;
    this.share = Math.max(this.share, size);
    this.sum += size;
    if (ground.kind !== "resource") return;
    this.roomShare = Math.max(this.roomShare, size);
    this.roomSum += size;
  }
}
