// The invariant of run times (I24): a process that nobody disturbs ends exactly when its drawn time is
// over. Disturbed are those of pods being deleted, killed and stopped ones, and all on machines whose
// pace ever changed.
//
// The draw is heard where the kubelet asks for it, the start and the end where the machine has them;
// what the kubelet makes of the draw in between is what is checked.

import type {
  ApiServer,
  Machines,
  NodeIndex,
  PodBehavior,
  PodIndex,
  Uid,
} from "../../cluster/index.ts";
import type { Simulation } from "../../engine/index.ts";

const EXIT_KILLED = 137;

/** A process that runs. */
interface Run {
  readonly startedUs: number;
  pod: PodIndex | undefined;
  /** undefined: it runs until it is stopped, or has not been asked for yet. */
  drawnUs: number | undefined;
  exitCode: number;
}

/** Registers I24; kubelets must be given the behavior that comes back instead of `behavior`. */
export function withRunTimeInvariant(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
  behavior: PodBehavior,
): PodBehavior {
  const watch = new RunTimeWatch(sim, api, behavior);
  const uneven = new Set<NodeIndex>();
  machines.observe({
    onMachine: ({ kind, node }) => {
      if (kind === "slowed") uneven.add(node);
    },
    onProcess: ({ kind, node, podUid, container, exitCode }) => {
      if (uneven.has(node)) watch.forget(podUid, container);
      else if (kind === "started") watch.start(podUid, container);
      else watch.end(podUid, container, exitCode);
    },
  });
  sim.invariants.register({
    id: "I24",
    mode: "check",
    title: "a process runs exactly as long as drawn, shorter only if it was stopped",
    when: "event",
    test: () => watch.fault,
  });
  sim.invariants.register({
    id: "I24",
    mode: "check",
    title: "no process outlives its drawn time",
    when: "end",
    test: () => watch.findOverdue(),
  });
  // All else is answered by the behavior itself, from which the watched one inherits.
  const watched = Object.create(behavior) as PodBehavior;
  const runDurationUs: PodBehavior["runDurationUs"] = (pod, attempt, container) => {
    const drawnUs = behavior.runDurationUs(pod, attempt, container);
    const exitCode = behavior.exitCode(pod, attempt, container);
    watch.draw(pod, container ?? 0, drawnUs, exitCode);
    return drawnUs;
  };
  return Object.assign(watched, { runDurationUs });
}

class RunTimeWatch {
  fault: string | undefined;
  private readonly sim: Simulation;
  private readonly api: ApiServer;
  private readonly behavior: PodBehavior;
  private readonly runs = new Map<string, Run>();

  constructor(sim: Simulation, api: ApiServer, behavior: PodBehavior) {
    this.sim = sim;
    this.api = api;
    this.behavior = behavior;
  }

  start(uid: Uid, container: number): void {
    const startedUs = this.sim.nowUs;
    const run = { startedUs, pod: undefined, drawnUs: undefined, exitCode: 0 };
    this.runs.set(`${uid}/${container}`, run);
  }

  draw(pod: PodIndex, container: number, drawnUs: number | undefined, exitCode: number): void {
    const run = this.runs.get(`${this.api.pods.uid(pod)}/${container}`);
    if (run === undefined || run.startedUs !== this.sim.nowUs) return; // asked for otherwise
    if (this.behavior.isCpuBound(pod, container)) return; // longer where cpu is short
    run.pod = pod;
    run.drawnUs = drawnUs;
    run.exitCode = exitCode;
  }

  end(uid: Uid, container: number, exitCode: number): void {
    const key = `${uid}/${container}`;
    const run = this.runs.get(key);
    this.runs.delete(key);
    if (run?.pod === undefined || run.drawnUs === undefined) return;
    const ranUs = this.sim.nowUs - run.startedUs;
    if (ranUs === run.drawnUs || this.isLeaving(run, uid)) return;
    if (ranUs < run.drawnUs && this.isStopped(run, container, exitCode)) return;
    this.fault ??= `container ${container} of pod uid ${uid} ran ${ranUs} us, drawn were ${run.drawnUs}`;
  }

  forget(uid: Uid, container: number): void {
    this.runs.delete(`${uid}/${container}`);
  }

  findOverdue(): string | undefined {
    for (const [key, run] of this.runs) {
      const overUs = this.sim.nowUs - run.startedUs - (run.drawnUs ?? Number.POSITIVE_INFINITY);
      if (overUs <= 0 || this.isLeaving(run, Number(key.split("/")[0]))) continue;
      return `process ${key} still runs ${overUs} us after its time was over`;
    }
    return undefined;
  }

  /** From the deletion on the pod's end is the kubelet's business, and its grace bounds it (I32). */
  private isLeaving({ pod }: Run, uid: Uid): boolean {
    const { pods } = this.api;
    return !pods.isLive(pod!, uid) || pods.isDeleting(pod!) || pods.isFinished(pod!);
  }

  /** An early end has a cause: a kill, or a stop, which leaves another exit code if it can. */
  private isStopped(run: Run, container: number, exitCode: number): boolean {
    if (exitCode === EXIT_KILLED || exitCode !== run.exitCode) return true;
    return this.behavior.stopExitCode(run.pod!, container) === run.exitCode;
  }
}
