// Starts the containers of a pod in their order: sandbox, images, creation, and again after an exit.
//
// The kubelet's part of a pod's life up to the running process. What happens when a process ends is
// in container-exits.ts. A step that falls into a time in which no kubelet runs is left undone and
// made up for by `catchUp`.

import { LAST_INSTANT, US_PER_HOUR } from "../../base/index.ts";
import {
  type Container,
  EXIT_KILLED,
  type NodeIndex,
  normalizeImageName,
} from "../../cluster/index.ts";
import { type EventKind, NO_HANDLE, RANK } from "../../engine/index.ts";
import { planPullRetry } from "./image-pull.ts";
import type { ImageStore, ImageWaiter } from "./image-store.ts";
import { ContainerStage, type KubeletPod, Stage } from "./kubelet-pod.ts";
import type { KubeletWorld } from "./kubelet-world.ts";
import { memoryExhaustedAfterUs } from "./memory-limit.ts";
import type { PodAddresses } from "./pod-addresses.ts";
import type { Probes } from "./probes.ts";
import { containerAt, hasPortClash, isStarting, NONE, nextToStart } from "./start-order.ts";
import type { StatusWriter } from "./status-writer.ts";

/** Processes that would end later never do: what a kubelet does after an exit must end before time does. */
const LAST_EXIT_US = LAST_INSTANT - US_PER_HOUR;
/** A process that cannot listen on its port gives up, with this code. */
const LISTEN_FAILS_AFTER_US = 1_000_000;
const LISTEN_FAILED = 1;
/** A pod that waits longer for its volumes says so at once. */
const LONGEST_QUIET_MOUNT_US = 1_000_000;
/** A sandbox that could not be made is tried again. */
const SANDBOX_RETRY_US = 10_000_000;
/** Draws of one container stand this far from those of the next, those of one attempt this far apart. */
const DRAWS_PER_CONTAINER = 16_777_216;
const DRAWS_PER_ATTEMPT = 64;

/** What ends a container by itself. */
export interface ContainerEnds {
  /** The process ends with this code. */
  readonly exitKind: EventKind;
  /** The process is killed for the memory it wants. */
  readonly outOfMemoryKind: EventKind;
  /** Its postStart hook failed: it is stopped. */
  readonly failedHook: (record: KubeletPod, position: number) => void;
}

/** Starts of all containers. */
export class ContainerStarts {
  private readonly world: KubeletWorld;
  private readonly images: ImageStore;
  private readonly probes: Probes;
  private readonly status: StatusWriter;
  private readonly ends: ContainerEnds;
  private readonly onUsage: (node: NodeIndex) => void;
  private readonly addresses: PodAddresses;
  private readonly sandboxKind: EventKind;
  private readonly sandboxRetryKind: EventKind;
  private readonly startKind: EventKind;
  private readonly beginKind: EventKind;
  private readonly hookKind: EventKind;
  private readonly pullLookKind: EventKind;

  /** `onUsage` is told when a container begins that says what it uses. */
  constructor(
    world: KubeletWorld,
    images: ImageStore,
    probes: Probes,
    status: StatusWriter,
    ends: ContainerEnds,
    addresses: PodAddresses,
    onUsage: (node: NodeIndex) => void,
  ) {
    this.world = world;
    this.images = images;
    this.probes = probes;
    this.status = status;
    this.ends = ends;
    this.onUsage = onUsage;
    this.addresses = addresses;
    const { machine, kubelet } = RANK;
    this.sandboxKind = world.definePodKind("sandbox ready", machine, (record) => {
      record.next = NO_HANDLE;
      if (!this.canAct(record)) return;
      record.stage = Stage.Active;
      this.advance(record);
    });
    this.sandboxRetryKind = world.definePodKind("sandbox retry", kubelet, (record) => {
      record.next = NO_HANDLE;
      if (this.canAct(record)) this.start(record);
    });
    this.startKind = world.defineContainerKind("containers start", machine, (record, i) =>
      this.startNow(record, i),
    );
    this.beginKind = world.defineContainerKind("container begins", kubelet, (record, i) => {
      record.containers[i]!.next = NO_HANDLE;
      if (this.canAct(record)) this.begin(record, i);
    });
    this.hookKind = world.defineContainerKind("postStart hook", kubelet, (record, i) =>
      this.hookEnded(record, i),
    );
    this.pullLookKind = world.defineContainerKind("pull back-off", kubelet, (record, i) =>
      this.lookAtPull(record, i),
    );
  }

  /** The pod was admitted: make its sandbox, then its containers. */
  start(record: KubeletPod): void {
    const { world } = this;
    const { pod, node } = record;
    const template = record.template;
    const first = containerAt(template, 0);
    const image = normalizeImageName(first.image);
    const latencyUs = this.mountUs(record) + world.behavior.sandboxLatencyUs(pod);
    const sandboxUs = world.nowUs + world.slowed(node, latencyUs);
    record.stage = Stage.Starting;
    record.beganUs = world.nowUs;
    if (!this.addresses.assign(record)) {
      const message = "Failed to create pod sandbox: no free address in the node's range";
      world.podEvent(record, "Warning", "FailedCreatePodSandBox", message);
      const retryUs = world.nextTickUs(node, world.nowUs + SANDBOX_RETRY_US);
      record.next = world.at(retryUs, this.sandboxRetryKind, record);
      return;
    }
    if (!this.startsAtOnce(record)) this.status.post(record);
    if (!this.images.isThere(node, image) || this.isRefused(first, image)) {
      record.next = world.at(sandboxUs, this.sandboxKind, record);
      return;
    }
    // Nothing can come between sandbox and first container, so one event stands for both.
    record.containers[0]!.stage = ContainerStage.Creating;
    const atUs = sandboxUs + this.creationUs(record, first);
    record.containers[0]!.next = world.atContainer(atUs, this.startKind, record, 0);
  }

  /** Starts what is next in order, if anything is. */
  advance(record: KubeletPod): void {
    for (;;) {
      if (record.stage !== Stage.Active) return;
      const next = nextToStart(record, record.template);
      if (next === NONE) return;
      this.begin(record, next);
    }
  }

  /** Takes up a container: its image, then its creation. */
  begin(record: KubeletPod, position: number): void {
    const { world } = this;
    const template = record.template;
    const container = containerAt(template, position);
    const image = normalizeImageName(container.image);
    const own = record.containers[position]!;
    if (!this.images.isThere(record.node, image)) this.fetch(record, position, container, image);
    else if (this.isRefused(container, image)) this.pullFailed(record, position);
    else {
      own.stage = ContainerStage.Creating;
      const atUs = world.nowUs + this.creationUs(record, container);
      own.next = world.atContainer(atUs, this.startKind, record, position);
    }
  }

  /** Forgets a pull that is under way or backed off: the container wants another image now. */
  beginAnew(record: KubeletPod, position: number): void {
    this.world.cancelContainer(record, position);
    record.containers[position]!.reason = "";
    this.begin(record, position);
    this.advance(record);
  }

  /** Starts a container again at an instant of the worker's grid. */
  restartAt(record: KubeletPod, position: number, atUs: number): void {
    const { world } = this;
    const container = containerAt(record.template, position);
    const image = normalizeImageName(container.image);
    const own = record.containers[position]!;
    own.stage = ContainerStage.BackOff;
    const isPlain = this.images.isThere(record.node, image) && !this.isRefused(container, image);
    const kind = isPlain ? this.startKind : this.beginKind;
    const laterUs = isPlain ? this.creationUs(record, container) : 0;
    own.next = world.atContainer(atUs + laterUs, kind, record, position);
  }

  /** A process that ran before the kubelet knew it goes on. */
  adopt(record: KubeletPod, position: number, isReady: boolean): void {
    this.run(record, position);
    this.probes.adopt(record, position, isReady);
  }

  /** The image that a container waited for is there, or its pull failed. */
  imageCame(waiter: ImageWaiter, isThere: boolean): void {
    const record = this.world.records.at(waiter.slot);
    if (record.turn !== waiter.turn || record.stage !== Stage.Active) return;
    const own = record.containers[waiter.position]!;
    if (own.stage !== ContainerStage.Pulling || !this.canAct(record)) return;
    const wanted = containerAt(record.template, waiter.position).image;
    if (normalizeImageName(wanted) !== waiter.image) return; // it wants another one by now
    if (!isThere) {
      this.pullFailed(record, waiter.position);
      return;
    }
    own.pullFailures = 0;
    own.reason = "";
    own.stage = ContainerStage.Creating;
    const { world } = this;
    const laterUs = world.slowed(record.node, world.behavior.containerLatencyUs(record.pod));
    const atUs = world.nowUs + laterUs;
    own.next = world.atContainer(atUs, this.startKind, record, waiter.position);
  }

  /** Does what was due while no kubelet ran. */
  catchUp(record: KubeletPod): void {
    const { sim } = this.world.context;
    if (record.stage === Stage.New) this.start(record);
    else if (record.stage === Stage.Starting) {
      const isUnderWay = sim.isPending(record.next) || sim.isPending(record.containers[0]!.next);
      if (!isUnderWay) this.start(record);
    }
    if (record.stage !== Stage.Active) return;
    for (let i = 0; i < record.containerCount; i++) {
      const own = record.containers[i]!;
      if (own.isHooked && !sim.isPending(own.probe)) {
        own.isHooked = false; // nobody waited for its end, and it is not run again
        this.watch(record, i);
      }
      this.probes.resume(record, i);
      const { stage } = own;
      const isPlanned =
        stage === ContainerStage.Creating ||
        stage === ContainerStage.BackOff ||
        stage === ContainerStage.Pulling;
      if (isPlanned && !sim.isPending(own.next)) this.begin(record, i);
    }
    this.advance(record);
  }

  private canAct({ node, uid }: KubeletPod): boolean {
    const { machines } = this.world;
    return machines.isKubeletRunning(node) && machines.hasPod(node, uid);
  }

  /** Nothing stands between the pod and its containers but the time that a runtime takes anyway. */
  private startsAtOnce(record: KubeletPod): boolean {
    if (record.initCount > 0 || this.mountUs(record) > LONGEST_QUIET_MOUNT_US) return false;
    return record.template.containers.every((container) => {
      const image = normalizeImageName(container.image);
      const isThere = this.images.isThere(record.node, image);
      return isThere && !container.hasPostStart && !this.isRefused(container, image);
    });
  }

  /** Until the volumes are there, unless the pod says itself how long its start takes. */
  private mountUs({ template }: KubeletPod): number {
    const { volumes, run } = template;
    if (volumes.length === 0 || run.startUs !== undefined) return 0;
    const { volumeMountUs, claimMountUs } = this.world.options;
    const usesClaim = volumes.some(
      ({ kind }) => kind === "persistentVolumeClaim" || kind === "ephemeral",
    );
    return usesClaim ? Math.max(volumeMountUs, claimMountUs) : volumeMountUs;
  }

  /** True if the pull policy asks the registry although the image is there, and it would refuse. */
  private isRefused({ imagePullPolicy }: Container, image: string): boolean {
    return imagePullPolicy === "Always" && this.images.isRefused(image);
  }

  /** From the decision to start a container whose image is there to its process. */
  private creationUs(record: KubeletPod, { imagePullPolicy }: Container): number {
    const manifestUs = imagePullPolicy === "Always" ? this.images.manifestUs : 0;
    const { world } = this;
    return world.slowed(record.node, manifestUs + world.behavior.containerLatencyUs(record.pod));
  }

  private fetch(record: KubeletPod, position: number, container: Container, image: string): void {
    const own = record.containers[position]!;
    const waiter = { slot: record.slot, turn: record.turn, position, image };
    own.stage = ContainerStage.Pulling;
    if (container.imagePullPolicy === "Never") {
      own.reason = "ErrImageNeverPull";
      const message = `Container image "${container.image}" is not present with pull policy of Never`;
      this.world.podEvent(record, "Warning", "ErrImageNeverPull", message);
      this.images.watch(record.node, image, waiter);
      if (!isStarting(record)) this.status.post(record);
      return;
    }
    this.world.podEvent(record, "Normal", "Pulling", `Pulling image "${container.image}"`);
    this.images.pull(record.node, image, waiter);
  }

  private pullFailed(record: KubeletPod, position: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    const { image } = containerAt(record.template, position);
    const { backoff } = world.options.images;
    const isForgotten = world.nowUs - own.pullFailedUs > backoff.resetAfterUs;
    own.stage = ContainerStage.Pulling;
    own.pullFailures = isForgotten ? 1 : own.pullFailures + 1;
    own.pullFailedUs = world.nowUs;
    own.reason = "ErrImagePull";
    world.podEvent(record, "Warning", "Failed", `Failed to pull image "${image}"`);
    const { lookUs } = this.planPull(record, position);
    own.next = world.atContainer(lookUs, this.pullLookKind, record, position);
    this.advance(record);
    if (!isStarting(record)) this.status.post(record);
  }

  /** A look at an image that could not be pulled: still backing off, or the next attempt. */
  private lookAtPull(record: KubeletPod, position: number): void {
    const own = record.containers[position]!;
    own.next = NO_HANDLE;
    if (!this.canAct(record)) return;
    const { attemptUs } = this.planPull(record, position);
    if (this.world.nowUs >= attemptUs) {
      this.begin(record, position);
      return;
    }
    own.reason = "ImagePullBackOff";
    const { image } = containerAt(record.template, position);
    this.world.podEvent(record, "Normal", "BackOff", `Back-off pulling image "${image}"`);
    this.status.post(record);
    own.next = this.world.atContainer(attemptUs, this.pullLookKind, record, position);
  }

  private planPull(record: KubeletPod, position: number): ReturnType<typeof planPullRetry> {
    const { world } = this;
    const own = record.containers[position]!;
    const { images, restartJitter } = world.options;
    const draws = world.context.draws("kubelet/pull");
    const entity = world.entityOf(record.pod);
    const base = position * DRAWS_PER_CONTAINER + own.pullFailures * DRAWS_PER_ATTEMPT;
    return planPullRetry(images.backoff, own.pullFailures, own.pullFailedUs, (us, look) => {
      const stretch = restartJitter ? draws.unit(entity, base + look) / 2 : 0;
      const pauseUs = Math.floor(images.backoff.retryUs * (1 + stretch));
      return world.nextTickUs(record.node, us + pauseUs);
    });
  }

  /** Starts the process and watches over it, if the machine still stands as it did. */
  private startNow(record: KubeletPod, position: number): void {
    const own = record.containers[position]!;
    own.next = NO_HANDLE;
    if (!this.canAct(record)) return;
    record.stage = Stage.Active;
    this.run(record, position);
    if (containerAt(record.template, position).hasPostStart) this.hook(record, position);
    else this.watch(record, position);
  }

  /** The container has been started with all that belongs to it: probes begin, and the next is due. */
  private watch(record: KubeletPod, position: number): void {
    this.probes.begin(record, position);
    this.advance(record);
    if (!isStarting(record)) this.status.post(record);
  }

  /** The postStart hook runs beside the process, and the sync waits for it. */
  private hook(record: KubeletPod, position: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    const tookUs = world.behavior.postStartLatencyUs(record.pod, position);
    own.isHooked = true;
    const atUs = world.nowUs + world.slowed(record.node, tookUs);
    own.probe = world.atContainer(atUs, this.hookKind, record, position);
  }

  private hookEnded(record: KubeletPod, position: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    own.probe = NO_HANDLE;
    if (!this.canAct(record)) return;
    own.isHooked = false;
    const attempt = record.restartsBefore + own.starts - 1;
    if (world.behavior.postStartExitCode(record.pod, attempt, position) === 0) {
      this.watch(record, position);
      return;
    }
    world.podEvent(record, "Warning", "FailedPostStartHook", "PostStartHook failed");
    own.hasHookFailed = true;
    this.ends.failedHook(record, position);
    this.advance(record);
  }

  /** The process runs from now on; its end is planned. */
  private run(record: KubeletPod, position: number): void {
    const { world } = this;
    const { pod, node, uid } = record;
    const own = record.containers[position]!;
    world.machines.startProcess(node, uid, position);
    own.stage = ContainerStage.Running;
    own.startedUs = world.nowUs;
    own.last = own.end ?? own.last;
    own.end = undefined;
    own.reason = "";
    own.isKilled = false;
    own.hasHookFailed = false;
    const attempt = record.restartsBefore + own.starts++;
    const container = containerAt(record.template, position);
    this.images.touch(node, normalizeImageName(container.image));
    this.planEnd(record, position, attempt);
    if (world.behavior.usage(pod, position, 0) === undefined) return;
    record.isMetered = true;
    this.onUsage(node);
  }

  /** How long the process will run if nothing comes between. */
  private planEnd(record: KubeletPod, position: number, attempt: number): void {
    const { world } = this;
    const { pod, node } = record;
    const own = record.containers[position]!;
    const container = containerAt(record.template, position);
    own.cpuPercent = 100;
    if (hasPortClash(record, position)) {
      const message = `Container ${container.name} cannot listen: another one of its pod has the port`;
      world.podEvent(record, "Warning", "PortInUse", message);
      const atUs = world.nowUs + world.slowed(node, LISTEN_FAILS_AFTER_US);
      own.next = world.atContainer(atUs, this.ends.exitKind, record, position, LISTEN_FAILED);
      return;
    }
    const runUs = world.behavior.runDurationUs(pod, attempt, position);
    const memoryUs = memoryExhaustedAfterUs(world.behavior, pod, position, container);
    const isOom = memoryUs !== undefined && (runUs === undefined || memoryUs < runUs);
    const ownUs = isOom ? memoryUs : runUs;
    own.stopsAtUs = -1;
    if (ownUs === undefined) return;
    const endsUs = isOom ? ownUs : world.slowed(node, ownUs);
    if (world.nowUs + endsUs > LAST_EXIT_US) return;
    const { exitKind, outOfMemoryKind } = this.ends;
    const kind = isOom ? outOfMemoryKind : exitKind;
    const code = isOom ? EXIT_KILLED : world.behavior.exitCode(pod, attempt, position);
    own.stopsAtUs = isOom ? -1 : world.nowUs + endsUs;
    own.pacePercent = world.machines.slownessPercent(node);
    own.next = world.atContainer(world.nowUs + endsUs, kind, record, position, code);
  }

  /** The machine has become slower or faster: work that is under way ends later or sooner. */
  machineSlowed(record: KubeletPod): void {
    for (let i = 0; i < record.containerCount; i++) {
      this.changePace(record, i, record.containers[i]!.cpuPercent);
    }
  }

  /** A container's work takes so many percent of its time for want of cpu. */
  changePace(record: KubeletPod, position: number, cpuPercent: number): void {
    const { world } = this;
    const own = record.containers[position]!;
    own.cpuPercent = cpuPercent;
    const percent = (world.machines.slownessPercent(record.node) * cpuPercent) / 100;
    const isWorking = record.stage === Stage.Active && own.stage === ContainerStage.Running;
    if (!isWorking || own.isKilled || own.stopsAtUs < 0 || percent === own.pacePercent) return;
    if (!world.context.sim.isPending(own.next)) return;
    const leftUs = ((own.stopsAtUs - world.nowUs) * percent) / own.pacePercent;
    own.stopsAtUs = Math.min(LAST_EXIT_US, world.nowUs + Math.ceil(leftUs));
    own.pacePercent = percent;
    world.context.sim.cancel(own.next);
    const attempt = record.restartsBefore + own.starts - 1;
    const code = world.behavior.exitCode(record.pod, attempt, position);
    own.next = world.atContainer(own.stopsAtUs, this.ends.exitKind, record, position, code);
  }
}
