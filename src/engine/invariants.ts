// The registry in which every floor registers its invariants (docs/reliability.md, section 2).
//
// An invariant is a test that gives the text of its violation or nothing. The simulation runs
// them under `check`; a break stops the run. Mode `deep` is for tests that recompute from scratch.

import { assert } from "../base/index.ts";

/** When an invariant is tested: after each event, after each instant, or once at the end. */
export type InvariantMoment = "event" | "instant" | "end";

/** One invariant. `test` gives the violation in words, or undefined while all is well. */
export interface Invariant {
  /** Number of the catalogue with an I in front, such as "I5". Several parts may share one. */
  readonly id: string;
  readonly mode: "check" | "deep";
  readonly title: string;
  readonly when: InvariantMoment;
  readonly test: () => string | undefined;
}

/** Thrown when an invariant does not hold; the program is wrong, not its input. */
export class InvariantBroken extends Error {
  readonly id: string;
  readonly detail: string;

  constructor(id: string, title: string, detail: string) {
    super(`Invariant ${id} (${title}) is broken: ${detail}`);
    this.name = "InvariantBroken";
    this.id = id;
    this.detail = detail;
  }
}

/** Deep invariants at moments "event" and "instant" run at every this many of them. */
const DEEP_STRIDE_DEFAULT = 1_000;

/** Invariants in order of registration; each is run at its moment. */
export class InvariantRegistry {
  private readonly registered: Invariant[] = [];
  private readonly byMoment: Record<InvariantMoment, { cheap: Invariant[]; deep: Invariant[] }> = {
    event: { cheap: [], deep: [] },
    instant: { cheap: [], deep: [] },
    end: { cheap: [], deep: [] },
  };
  private readonly isDeep: boolean;
  private readonly deepStride: number;
  private eventCount = 0;
  private instantCount = 0;
  private testCount = 0;

  /** Without `deep`, invariants of mode "deep" are registered but never run. */
  constructor(options: { deep?: boolean; deepStride?: number } = {}) {
    this.isDeep = options.deep ?? false;
    this.deepStride = options.deepStride ?? DEEP_STRIDE_DEFAULT;
    assert(this.deepStride >= 1, `Deep stride ${this.deepStride} is below 1.`);
  }

  register(invariant: Invariant): void {
    assert(/^I\d+$/.test(invariant.id), `Invariant id "${invariant.id}" is not an I and a number.`);
    this.registered.push(invariant);
    const { cheap, deep } = this.byMoment[invariant.when];
    if (invariant.mode === "check") cheap.push(invariant);
    else if (this.isDeep) deep.push(invariant);
  }

  /** Whether invariants of mode "deep" run; who registers costly ones may ask first. */
  get runsDeep(): boolean {
    return this.isDeep;
  }

  runAfterEvent(): void {
    this.eventCount++;
    this.runAll(this.byMoment.event.cheap);
    if (this.eventCount % this.deepStride === 0) this.runAll(this.byMoment.event.deep);
  }

  /** Called when the last event of an instant has fired. */
  runAfterInstant(): void {
    this.instantCount++;
    this.runAll(this.byMoment.instant.cheap);
    if (this.instantCount % this.deepStride === 0) this.runAll(this.byMoment.instant.deep);
  }

  /** Runs every invariant once, whatever its moment. */
  runAtEnd(): void {
    for (const { cheap, deep } of Object.values(this.byMoment)) {
      this.runAll(cheap);
      this.runAll(deep);
    }
  }

  /** All registered invariants, those that do not run included. */
  get all(): readonly Invariant[] {
    return this.registered;
  }

  /** How many tests have been run. */
  get testsRun(): number {
    return this.testCount;
  }

  private runAll(invariants: readonly Invariant[]): void {
    for (let i = 0; i < invariants.length; i++) {
      const invariant = invariants[i]!;
      const detail = invariant.test();
      this.testCount++;
      if (detail !== undefined) throw new InvariantBroken(invariant.id, invariant.title, detail);
    }
  }
}
