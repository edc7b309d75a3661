// A prepared run that changes are being made to: the parts that they replace, and what was done.
//
// The baseline stays as it is; the draft starts as a copy of its lists and becomes a prepared run again.

import { type Instant, sha256Hex } from "../../base/index.ts";
import type { ApiObject, NodeObject } from "../../cluster/index.ts";
import type { WhatifChange } from "../../metrics/index.ts";
import type { AppliedStep } from "../assembly/cluster-input.ts";
import type { PreparedRun } from "../prepare-run.ts";
import type { RunScheduler } from "../run-scheduler.ts";
import type { EditStep, FaultSpec, Scenario } from "../scenario/scenario.ts";

/** Whom a change touches directly, for saying why something left. */
export interface ChangeReach {
  readonly text: string;
  readonly nodes: ReadonlySet<string>;
  /** Kind/namespace/name. */
  readonly objects: ReadonlySet<string>;
}

/** The change world while it is made. */
export class Draft {
  readonly baseline: PreparedRun;
  /** All pods are placed anew, so what runs may be changed where it stands. */
  readonly isRescheduled: boolean;
  initial: ApiObject[];
  steps: AppliedStep[];
  schedulers: RunScheduler[];
  readonly edits: EditStep[];
  readonly faults: FaultSpec[];
  /** Prices per hour in millionths by node pool, where another shape took the place of the old one. */
  readonly repriced: Map<string, number | undefined> = new Map();
  readonly taken: WhatifChange[] = [];
  readonly reaches: ChangeReach[] = [];

  constructor(baseline: PreparedRun, isRescheduled: boolean) {
    this.baseline = baseline;
    this.isRescheduled = isRescheduled;
    this.initial = [...baseline.cluster.initial];
    this.steps = [...baseline.cluster.steps];
    this.schedulers = [...baseline.schedulers];
    this.edits = [...baseline.scenario.workload.edits];
    this.faults = [...baseline.scenario.faults];
  }

  /** Nodes that exist from the start, then those that manifests bring later. */
  get nodes(): NodeObject[] {
    const later = this.steps.flatMap(({ objects }) => objects);
    return [...this.initial, ...later].filter(
      (object): object is NodeObject => object.kind === "Node",
    );
  }

  /** Replaces objects wherever they stand; `change` gives the same object for "no change". */
  replaceObjects(change: (object: ApiObject) => ApiObject | undefined): void {
    const all = (objects: readonly ApiObject[]): ApiObject[] =>
      objects.flatMap((object) => change(object) ?? []);
    this.initial = all(this.initial);
    this.steps = this.steps.map((step) => ({ ...step, objects: all(step.objects) }));
  }

  /** Objects applied at an instant, after everything that is applied then already. */
  applyAt(atUs: number, objects: readonly ApiObject[]): void {
    const at = this.steps.findIndex((step) => step.atUs > atUs);
    const step = { atUs, objects };
    this.steps = at < 0 ? [...this.steps, step] : this.steps.toSpliced(at, 0, step);
  }

  /** The run with everything that was changed; its hash covers the changes. */
  finish(): PreparedRun {
    const { baseline, initial, steps, schedulers, edits, faults } = this;
    const { cluster, inputHash } = baseline;
    const scenario = withPrices(baseline.scenario, this.repriced);
    const texts = [String(this.isRescheduled), ...this.taken.map(({ text }) => text)];
    return {
      ...baseline,
      inputHash: sha256Hex([inputHash, ...texts].map((text) => `${text}\n`).join("")),
      scenario: { ...scenario, faults, workload: { ...scenario.workload, edits } },
      cluster: { ...cluster, initial, steps },
      schedulers,
    };
  }
}

// A pool's own word on its price goes before that of its machines' type: it is the old machine's.
function withPrices(scenario: Scenario, repriced: Draft["repriced"]): Scenario {
  if (repriced.size === 0) return scenario;
  const { cluster, prices } = scenario;
  const nodePools = cluster.nodePools.map((pool) =>
    repriced.has(pool.name)
      ? { ...pool, pricePerHourMicros: repriced.get(pool.name), power: undefined }
      : pool,
  );
  const shapes = [...(prices?.shapes ?? [])].filter(([name]) => !repriced.has(name));
  return {
    ...scenario,
    cluster: { ...cluster, nodePools },
    prices: prices === undefined ? undefined : { ...prices, shapes: new Map(shapes) },
  };
}

/** An instant of a change; absent ones are the start. */
export function instantOf(atUs: number | undefined): Instant {
  return (atUs ?? 0) as Instant;
}
