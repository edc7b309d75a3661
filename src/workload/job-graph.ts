// Job graphs: which steps of a workload wait for which, and which may begin when a piece of work is done.
//
// A step is objects that are applied together; it is done when all the work in it has succeeded. Names
// and keys only: what work is, and how its end is heard of, is the caller's business.

/** One step: work by keys that name it for good. */
export interface GraphStep {
  /** Undefined: nobody can wait for it. */
  readonly name: string | undefined;
  /** Names of the steps it waits for. */
  readonly after: readonly string[];
  readonly work: readonly string[];
}

/** The state of a graph without cycles whose names are all known. */
export class JobGraph {
  private readonly steps: readonly GraphStep[];
  private readonly isApplied: boolean[];
  private readonly openWork: Set<string>[];
  private readonly waitsFor: Set<number>[];
  private readonly waiters: number[][];
  private readonly stepsOfWork = new Map<string, number[]>();

  constructor(steps: readonly GraphStep[]) {
    this.steps = steps;
    this.isApplied = steps.map(() => false);
    this.openWork = steps.map(({ work }) => new Set(work));
    this.waiters = steps.map(() => []);
    const byName = new Map(
      steps.flatMap(({ name }, at) => (name === undefined ? [] : [[name, at]])),
    );
    this.waitsFor = steps.map(({ after }) => new Set(after.map((name) => byName.get(name)!)));
    for (const [at, names] of this.waitsFor.entries())
      for (const other of names) this.waiters[other]!.push(at);
    for (const [at, { work }] of steps.entries())
      for (const key of work) {
        const known = this.stepsOfWork.get(key);
        if (known === undefined) this.stepsOfWork.set(key, [at]);
        else known.push(at);
      }
  }

  /** The step is in the cluster now; gives the steps that may begin because of it, in their order. */
  apply(step: number): readonly number[] {
    this.isApplied[step] = true;
    return this.settle(step);
  }

  /** This work has succeeded; gives the steps that may begin because of it, in their order. */
  succeed(work: string): readonly number[] {
    const ready: number[] = [];
    for (const step of this.stepsOfWork.get(work) ?? []) {
      if (this.openWork[step]!.delete(work)) ready.push(...this.settle(step));
    }
    return ready;
  }

  /** Steps that never began, each with the names that it still waits for. */
  waiting(): readonly { readonly step: number; readonly names: readonly string[] }[] {
    return this.steps.flatMap((_, step) => {
      const names = [...this.waitsFor[step]!].map((other) => this.steps[other]!.name!);
      return names.length === 0 ? [] : [{ step, names }];
    });
  }

  /** Work of a step that has not succeeded. */
  openWorkOf(name: string): readonly string[] {
    const at = this.steps.findIndex((step) => step.name === name);
    return [...(this.openWork[at] ?? [])];
  }

  private settle(step: number): readonly number[] {
    if (!this.isApplied[step] || this.openWork[step]!.size > 0) return [];
    return this.waiters[step]!.filter((waiter) => {
      const names = this.waitsFor[waiter]!;
      return names.delete(step) && names.size === 0;
    });
  }
}

/**
 * The names of one cycle, the first again at its end; undefined if there is none. Names that nobody
 * has are passed over.
 */
export function findCycle(
  waits: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of waits.keys()) {
    // Depth first, without recursion: chains of a hundred thousand jobs are legal.
    const path: string[] = [];
    const onPath = new Set<string>();
    const open: { readonly name: string; next: number }[] = [];
    const enter = (name: string): void => {
      open.push({ name, next: 0 });
      path.push(name);
      onPath.add(name);
    };
    if (!done.has(start)) enter(start);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = waits.get(top.name)?.[top.next++];
      if (next === undefined) {
        open.pop();
        path.pop();
        onPath.delete(top.name);
        done.add(top.name);
      } else if (onPath.has(next)) {
        return [...path.slice(path.indexOf(next)), next];
      } else if (waits.has(next) && !done.has(next)) enter(next);
    }
  }
  return undefined;
}
