// What the kubelet makes of processes that end: it notices at its next relist, starts them again
// after their back-off or lets them be, and ends the pod when nothing is left to run.
//
// Deletion, eviction and shutdown, in which the kubelet itself stops processes, are in pod-stops.ts.

import { EXIT_KILLED, formatUid } from "../../cluster/index.ts";
import { type EventKind, NO_HANDLE, RANK } from "../../engine/index.ts";
import type { ContainerStarts } from "./container-starts.ts";
import { endOf, LOST_EXIT } from "./container-status.ts";
import { ContainerStage, isAnyRunning, type KubeletPod, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { planRestart } from "./restart-backoff.ts";
import { containerAt, isOver, isRestarted, podExitCode } from "./start-order.ts";
import type { StatusWriter } from "./status-writer.ts";

/** Draws of one container stand this far from those of the next. */
const DRAWS_PER_CONTAINER = 16_777_216;
const DRAWS_PER_ATTEMPT = 64;

/** What exits lead to. */
export interface ExitOutcomes {
  readonly starts: () => ContainerStarts;
  /** A container is to be stopped because its postStart hook failed. */
  readonly failedHook: (record: KubeletPod, position: number) => void;
  /** The main containers are over: sidecars are stopped now. */
  readonly stopSidecars: (record: KubeletPod) => void;
  /** A container has ended that says what it uses. */
  readonly usageEnded: (record: KubeletPod) => void;
  /** The pod needs its room no longer. */
  readonly release: (record: KubeletPod) => void;
}

/** Ends of all containers that end by themselves. */
export class ContainerExits {
  readonly exitKind: EventKind;
  readonly outOfMemoryKind: EventKind;
  private readonly world: KubeletWorld;
  private readonly status: StatusWriter;
  private readonly outcomes: ExitOutcomes;
  private readonly seenKind: EventKind;
  private readonly lookKind: EventKind;
  private readonly finishKind: EventKind;

  constructor(world: KubeletWorld, status: StatusWriter, outcomes: ExitOutcomes) {
    this.world = world;
    this.status = status;
    this.outcomes = outcomes;
    const { machine, kubelet } = RANK;
    this.exitKind = world.defineContainerKind("containers exit", machine, (record, i, code) =>
      this.exit(record, i, code, ""),
    );
    this.outOfMemoryKind = world.defineContainerKind("out of memory", machine, (record, i, code) =>
      this.exit(record, i, code, "OOMKilled"),
    );
    this.seenKind = world.defineContainerKind("exit seen", kubelet, (record, i) =>
      this.see(record, i),
    );
    this.lookKind = world.defineContainerKind("restart back-off", kubelet, (record, i) => {
      if (!world.machines.isKubeletRunning(record.node)) return;
      this.showBackOff(record, i);
    });
    this.finishKind = world.definePodKind("pod finished", kubelet, (record) => {
      record.next = NO_HANDLE;
      if (world.machines.isKubeletRunning(record.node)) this.finish(record);
    });
  }

  failedHook(record: KubeletPod, position: number): void {
    this.outcomes.failedHook(record, position);
  }

  /** The pod ran on a machine that was rebooted, and must never be restarted. */
  finishAfterReboot(record: KubeletPod): void {
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      own.stage = ContainerStage.Ended;
      own.exitCode = LOST_EXIT.exitCode;
    }
    this.finish(record);
  }

  /** A process ended; the kubelet sees it at its next relist, or at once if it stopped it itself. */
  exit(record: KubeletPod, position: number, code: number, reason: string): void {
    const { world } = this;
    const own = record.containers[position]!;
    world.machines.exitProcess(record.node, record.uid, code, position);
    world.cancelContainer(record, position);
    own.exitCode = code;
    own.end = endOf(own, world.nowUs, reason);
    own.reason = "";
    own.isReady = false;
    own.isStarted = false;
    own.isHooked = false;
    record.exitUs = world.nowUs;
    own.stage = ContainerStage.Exited;
    if (record.isMetered) this.outcomes.usageEnded(record);
    const seenUs = own.isKilled ? world.nowUs : world.nextRelistUs(record.node, world.nowUs);
    const template = record.template;
    const isAgain = isRestarted(template, position, own.isKilled ? EXIT_KILLED : code);
    if (!isAgain) own.stage = ContainerStage.Ended;
    own.next = world.atContainer(seenUs, this.seenKind, record, position);
  }

  /** Does what was due while no kubelet ran. */
  catchUp(record: KubeletPod): void {
    if (record.stage !== Stage.Active) return;
    const { world } = this;
    const { sim } = world.context;
    for (let i = 0; i < record.containerCount; i++) {
      const { stage, next } = record.containers[i]!;
      if (stage === ContainerStage.Exited && !sim.isPending(next)) this.see(record, i);
    }
    if (isOver(record, record.template) && !sim.isPending(record.next)) this.end(record);
  }

  /** Every container has ended: the pod is over at the worker's next step. */
  end(record: KubeletPod): void {
    if (isAnyRunning(record)) this.outcomes.stopSidecars(record);
    else this.finishAt(record, this.world.nowUs + this.world.options.workerTickUs);
  }

  /** Nothing runs any more and nothing will be started: the phase becomes final. */
  finish(record: KubeletPod): void {
    this.world.cancelAll(record);
    record.stage = Stage.Finished;
    record.exitCode = podExitCode(record, record.template);
    this.outcomes.release(record);
    this.status.post(record);
  }

  private finishAt(record: KubeletPod, atUs: number): void {
    if (!this.world.context.sim.isPending(record.next))
      record.next = this.world.at(atUs, this.finishKind, record);
  }

  /** The kubelet notices that a container has ended. */
  private see(record: KubeletPod, position: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    own.next = NO_HANDLE;
    if (!world.machines.isKubeletRunning(record.node)) return;
    if (own.stage === ContainerStage.Exited) this.backOff(record, position);
    else if (isOver(record, record.template)) {
      this.status.post(record);
      this.end(record);
    } else {
      this.status.post(record);
      this.outcomes.starts().advance(record);
    }
  }

  private backOff(record: KubeletPod, position: number): void {
    const { world } = this;
    const { restartBackoff, restartJitter, workerTickUs } = world.options;
    const own = record.containers[position]!;
    const draws = world.context.draws("kubelet/restart");
    const entity = world.entityOf(record.pod);
    const attempts = record.restartsBefore + own.starts;
    const base = position * DRAWS_PER_CONTAINER + attempts * DRAWS_PER_ATTEMPT;
    const plan = planRestart(
      own.history,
      record.exitUs,
      world.nowUs,
      { ...restartBackoff, tickUs: workerTickUs },
      world.nodeOf(record.node).tickPhaseUs,
      (look) => (restartJitter ? draws.unit(entity, base + look) : 0),
    );
    own.history = { backoffUs: plan.backoffUs, startedUs: plan.startUs };
    this.outcomes.starts().restartAt(record, position, plan.startUs);
    if (plan.backsOff) this.tellBackOff(record, position);
    // How it ended shows first, or that its hook failed; that it backs off shows at the next look. Of a
    // container that a probe had killed only that is told, since the sync that stopped it goes on.
    if (own.hasHookFailed) own.reason = "PostStartHookError";
    if (!own.isKilled || own.hasHookFailed) this.status.post(record);
    if (!plan.backsOff) return;
    if (own.isKilled && !own.hasHookFailed) this.showBackOff(record, position);
    else own.probe = world.atContainer(plan.lookUs, this.lookKind, record, position);
  }

  /** The sync that found the container backing off said so to the next one, which writes it. */
  private showBackOff(record: KubeletPod, position: number): void {
    const own = record.containers[position]!;
    if (own.stage !== ContainerStage.BackOff) return;
    own.reason = "CrashLoopBackOff";
    this.status.post(record);
  }

  private tellBackOff(record: KubeletPod, position: number): void {
    const { world } = this;
    if (!world.context.api.events.areHeard) return;
    const { pods } = world.context.api;
    const { name } = containerAt(record.template, position);
    const full = `${pods.name(record.pod)}_${pods.namespace(record.pod)}(${formatUid(record.uid)})`;
    const message = `Back-off restarting failed container ${name} in pod ${full}`;
    world.podEvent(record, "Warning", "BackOff", message);
  }
}
