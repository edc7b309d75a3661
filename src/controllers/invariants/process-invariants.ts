// Invariants of kubelets and processes, checked from what machines do and the API commits:
// restarts are counted and caused (I9), processes start where they may (I29), stop in time (I32),
// and never run again once finished (I35).

import {
  type ApiServer,
  type Machines,
  NO_NODE,
  type NodeIndex,
  type PodIndex,
  PodPhase,
  type ProcessChange,
  type Uid,
} from "../../cluster/index.ts";
import type { Simulation } from "../../engine/index.ts";

/** A hook that used up the grace still leaves two seconds, and so does each sidecar's turn. */
const EXTRA_GRACE_US = 2_000_000;
/** Status writes older than this have arrived. */
const SETTLED_US = 30_000_000;

/** What is known of a pod that was bound. */
interface BoundPod {
  readonly pod: PodIndex;
  readonly node: NodeIndex;
  /** Starts of each container here, by position. */
  readonly starts: number[];
  /** Which of them run. */
  readonly running: Set<number>;
  lastStartUs: number;
  /** restartCount when its first process started here. */
  restartsBefore: number;
  /** Containers must have ended by then; -1 without deletion. */
  deadlineUs: number;
}

/** Registers I9, I29, I32 (stopping) and I35 (finished pods). */
export function registerProcessInvariants(
  sim: Simulation,
  api: ApiServer,
  machines: Machines,
): void {
  const watch = new ProcessWatch(sim, api, machines);
  const check = (id: string, title: string): void =>
    sim.invariants.register({
      id,
      mode: "check",
      title,
      when: "event",
      test: () => watch.takeFault(id),
    });
  check(
    "I9",
    "each start but the first has a cause, and the API shows no more restarts than there were",
  );
  check("I29", "processes start on machines that are up, for pods bound there");
  check("I35", "finished pods never run again");
  sim.invariants.register({
    id: "I32",
    mode: "check",
    title: "containers of a deleted pod stop within its grace on a living node",
    when: "instant",
    test: () => watch.overdueStop(),
  });
  sim.invariants.register({
    id: "I9",
    mode: "check",
    title: "starts = 1 + restarts",
    when: "end",
    test: () => watch.miscountedRestart(),
  });
}

class ProcessWatch {
  private readonly sim: Simulation;
  private readonly api: ApiServer;
  private readonly machines: Machines;
  private readonly bound = new Map<Uid, BoundPod>();
  private readonly stopping = new Set<BoundPod>();
  private readonly faults = new Map<string, string>();

  constructor(sim: Simulation, api: ApiServer, machines: Machines) {
    this.sim = sim;
    this.api = api;
    this.machines = machines;
    api.list({ onPod: ({ pod, uid, nodeAfter }) => this.noteBound(pod, uid, nodeAfter) });
    api.observe({
      onPod: (change) => {
        const { pod, uid } = change;
        if (change.kind === "Deleted") {
          const known = this.bound.get(uid);
          if (known !== undefined) this.stopping.delete(known);
          this.bound.delete(uid);
          return;
        }
        this.noteBound(pod, uid, change.nodeAfter);
        const known = this.bound.get(uid);
        if (known === undefined) return;
        const isNews = change.deletionUsAfter !== change.deletionUsBefore;
        if (isNews && change.isDeletingAfter) this.noteDeletion(known, change.deletionUsAfter);
        const restarts = api.pods.restartCount(pod) - known.restartsBefore;
        const most = restartsIn(known);
        if (known.lastStartUs >= 0 && restarts > most)
          this.fail("I9", `${api.pods.name(pod)}: ${restarts} restarts, ${most} at most`);
      },
    });
    machines.observe({ onProcess: (change) => this.noteProcess(change) });
  }

  takeFault(id: string): string | undefined {
    const fault = this.faults.get(id);
    this.faults.delete(id);
    return fault;
  }

  overdueStop(): string | undefined {
    for (const known of this.stopping) {
      if (known.running.size === 0) this.stopping.delete(known);
      else if (!this.machines.isHeard(known.node)) known.deadlineUs = Number.POSITIVE_INFINITY;
      else if (known.deadlineUs === Number.POSITIVE_INFINITY) this.extendAfterReturn(known);
      else if (known.deadlineUs < this.sim.nowUs) {
        return `${this.api.pods.name(known.pod)} runs ${this.sim.nowUs - known.deadlineUs} us beyond its grace`;
      }
    }
    return undefined;
  }

  miscountedRestart(): string | undefined {
    for (const [uid, known] of this.bound) {
      const { pod } = known;
      const isSettled =
        this.sim.nowUs - known.lastStartUs > SETTLED_US && this.machines.isHeard(known.node);
      const isSilent = known.lastStartUs < 0 || known.running.size === 0 || !isSettled;
      if (isSilent || !this.api.pods.isLive(pod, uid)) continue;
      const restarts = this.api.pods.restartCount(pod) - known.restartsBefore;
      if (restartsIn(known) !== restarts)
        return `${this.api.pods.name(pod)}: ${restartsIn(known)} restarts, ${restarts} shown`;
    }
    return undefined;
  }

  private noteBound(pod: PodIndex, uid: Uid, node: NodeIndex): void {
    if (node === NO_NODE || this.bound.has(uid)) return;
    this.bound.set(uid, {
      pod,
      node,
      starts: [],
      running: new Set(),
      lastStartUs: -1,
      restartsBefore: 0,
      deadlineUs: -1,
    });
  }

  private noteDeletion(known: BoundPod, deletionUs: number): void {
    const latenessUs = this.api.latencies.watchLatency + this.extraGraceUs(known);
    known.deadlineUs = deletionUs + latenessUs;
    if (known.running.size > 0) this.stopping.add(known);
  }

  /** A kubelet that could not hear of the deletion gives the whole grace when it is back. */
  private extendAfterReturn(known: BoundPod): void {
    const graceUs = this.api.pods.deletionGraceUs(known.pod) + this.extraGraceUs(known);
    known.deadlineUs = this.sim.nowUs + graceUs;
  }

  /** Sidecars stop one by one, each with two seconds at least, and two more behind a hook. */
  private extraGraceUs({ pod }: BoundPod): number {
    const { initContainers } = this.api.pods.template(pod);
    const sidecars = initContainers.filter(({ isSidecar }) => isSidecar).length;
    return EXTRA_GRACE_US * (1 + 2 * sidecars);
  }

  private noteProcess(change: ProcessChange): void {
    const known = this.bound.get(change.podUid);
    if (change.kind === "exited") {
      if (known !== undefined && known.node === change.node) known.running.delete(change.container);
      return;
    }
    if (known === undefined) {
      this.fail("I29", `a process of pod uid ${change.podUid} starts, which is bound nowhere`);
      return;
    }
    const name = this.api.pods.name(known.pod);
    if (known.node !== change.node) {
      this.fail("I29", `${name} starts on a machine it is not bound to`);
      return;
    }
    if (known.running.has(change.container))
      this.fail("I9", `${name} starts again without having ended`);
    const phase = this.api.pods.phase(known.pod);
    if (phase === PodPhase.Succeeded || phase === PodPhase.Failed) {
      this.fail("I35", `${name} runs again after it had finished`);
    }
    if (known.lastStartUs < 0) known.restartsBefore = this.api.pods.restartCount(known.pod);
    known.starts[change.container] = (known.starts[change.container] ?? 0) + 1;
    known.running.add(change.container);
    known.lastStartUs = this.sim.nowUs;
  }

  private fail(id: string, text: string): void {
    if (!this.faults.has(id)) this.faults.set(id, text);
  }
}

/** Starts beyond the first of each container. */
function restartsIn({ starts }: BoundPod): number {
  return starts.reduce((sum, count) => sum + Math.max(0, (count ?? 0) - 1), 0);
}
