// Machines: the one writer of what is physically so.
//
// One machine per node name: power, reach of the network, the kubelet process, images on disk, and
// the pods a kubelet has admitted with their processes. The API learns of any of it only through a
// living kubelet or its silence. Faults and the container runtime ask for changes; kubelets listen.
// A machine outlives its Node object and its Node object outlives its power.

import { assert, ZERO_DURATION } from "../../base/index.ts";
import { RANK } from "../../engine/index.ts";
import type { EventKind, Lane, Simulation } from "../../engine/index.ts";
import { EXIT_KILLED } from "./machine-changes.ts";
import type { MachineChange, MachineChangeKind, MachineListener } from "./machine-changes.ts";
import type { Process, ProcessChange } from "./machine-changes.ts";
import type { NodeIndex, Uid } from "./identity.ts";
import { ContainerState, NO_ROW, ProcessTable } from "./process-table.ts";

interface Machine {
  readonly node: NodeIndex;
  installedUs: number;
  isPowered: boolean;
  isReachable: boolean;
  isKubeletRunning: boolean;
  /** Instant of the last change of power. */
  powerSinceUs: number;
  /** Power time before `powerSinceUs`. */
  upBeforeUs: number;
  downBeforeUs: number;
  /** Images on disk by name, with their bytes. */
  readonly images: Map<string, number>;
  /** Bytes on disk that belong to no image and no pod. */
  diskFilledBytes: number;
  /** How long everything takes, of what it should take. */
  slownessPercent: number;
  /** Called when a shutdown that was asked for may go on. */
  shutdown: (() => void) | undefined;
}

type PendingNews = { machine: MachineChange } | { process: ProcessChange };

/** All machines of one run. */
export class Machines {
  private readonly simulation: Simulation;
  private readonly machines: (Machine | undefined)[] = []; // by node row
  /** Admitted pods with their processes. */
  private readonly processes = new ProcessTable();
  private readonly newsLane: Lane;
  private news: (PendingNews | undefined)[] = [];
  private newsRead = 0;
  private listeners: MachineListener[] = [];
  private observers: MachineListener[] = [];
  /** Up, down and existence times of machines that were removed. */
  private removedUpUs = 0;
  private removedDownUs = 0;
  private removedExistenceUs = 0;
  private processCountNow = 0;
  private installedCount = 0;
  private registryUp = true;

  constructor(simulation: Simulation) {
    this.simulation = simulation;
    const kind: EventKind = simulation.defineKind("machine news", RANK.machine, () => this.tell());
    this.newsLane = simulation.lane(kind, ZERO_DURATION);
  }

  /** Adds a listener to changes of machines and processes. */
  listen(listener: MachineListener): { stop(): void } {
    this.listeners = [...this.listeners, listener];
    return {
      stop: () => {
        this.listeners = this.listeners.filter((other) => other !== listener);
      },
    };
  }

  /** Adds an observer told at the change itself: measurement and checks only. */
  observe(observer: MachineListener): { stop(): void } {
    this.observers = [...this.observers, observer];
    return {
      stop: () => {
        this.observers = this.observers.filter((other) => other !== observer);
      },
    };
  }

  // ---- machines ----------------------------------------------------------------------------

  /** Puts a machine up: powered, reachable, kubelet running, empty disk. */
  install(node: NodeIndex): void {
    assert(this.machines[node] === undefined, "A node gets a second machine.");
    this.machines[node] = {
      node,
      installedUs: this.simulation.nowUs,
      isPowered: true,
      isReachable: true,
      isKubeletRunning: true,
      powerSinceUs: this.simulation.nowUs,
      upBeforeUs: 0,
      downBeforeUs: 0,
      images: new Map(),
      diskFilledBytes: 0,
      slownessPercent: 100,
      shutdown: undefined,
    };
    this.installedCount++;
    this.announce("installed", node);
  }

  /** Takes a machine away for good, with all that runs on it and its disk. */
  remove(node: NodeIndex): void {
    const machine = this.get(node);
    this.killAll(machine);
    this.removedUpUs += this.upUs(node);
    this.removedDownUs += this.downUs(node);
    this.removedExistenceUs += this.simulation.nowUs - machine.installedUs;
    this.machines[node] = undefined;
    this.installedCount--;
    this.announce("removed", node);
  }

  isInstalled(node: NodeIndex): boolean {
    return this.machines[node] !== undefined;
  }

  /** Machines installed now. */
  get count(): number {
    return this.installedCount;
  }

  isPowered(node: NodeIndex): boolean {
    return this.machines[node]?.isPowered ?? false;
  }

  isReachable(node: NodeIndex): boolean {
    return this.machines[node]?.isReachable ?? false;
  }

  isKubeletRunning(node: NodeIndex): boolean {
    return this.machines[node]?.isKubeletRunning ?? false;
  }

  /** True if the kubelet works and its requests reach the API server. */
  isHeard(node: NodeIndex): boolean {
    return this.isKubeletRunning(node) && this.isReachable(node);
  }

  /** Power fails: every process ends and the kubelet with them. Nothing on disk is lost. */
  powerOff(node: NodeIndex): void {
    const machine = this.get(node);
    if (!machine.isPowered) return;
    this.killAll(machine);
    machine.upBeforeUs += this.simulation.nowUs - machine.powerSinceUs;
    machine.powerSinceUs = this.simulation.nowUs;
    machine.isPowered = false;
    machine.isKubeletRunning = false;
    machine.shutdown = undefined;
    this.announce("powerOff", node);
  }

  /** Power returns and the kubelet starts; what ran before does not come back by itself. */
  powerOn(node: NodeIndex): void {
    const machine = this.get(node);
    if (machine.isPowered) return;
    machine.downBeforeUs += this.simulation.nowUs - machine.powerSinceUs;
    machine.powerSinceUs = this.simulation.nowUs;
    machine.isPowered = true;
    machine.isKubeletRunning = true;
    this.announce("powerOn", node);
  }

  /** Off and on in one instant: processes end, disks stay. */
  reboot(node: NodeIndex): void {
    this.powerOff(node);
    this.powerOn(node);
  }

  /** Cuts the machine off; everything on it goes on. */
  partNetwork(node: NodeIndex): void {
    const machine = this.get(node);
    if (!machine.isReachable) return;
    machine.isReachable = false;
    this.announce("networkParted", node);
  }

  joinNetwork(node: NodeIndex): void {
    const machine = this.get(node);
    if (machine.isReachable) return;
    machine.isReachable = true;
    this.announce("networkJoined", node);
  }

  /** The kubelet process stops; containers go on. */
  stopKubelet(node: NodeIndex): void {
    const machine = this.get(node);
    if (!machine.isKubeletRunning) return;
    machine.isKubeletRunning = false;
    this.announce("kubeletStopped", node);
  }

  startKubelet(node: NodeIndex): void {
    const machine = this.get(node);
    assert(machine.isPowered, "A kubelet starts on a machine without power.");
    if (machine.isKubeletRunning) return;
    machine.isKubeletRunning = true;
    this.announce("kubeletStarted", node);
  }

  /** 100 = as fast as it should be, 200 = everything takes twice as long. */
  slownessPercent(node: NodeIndex): number {
    return this.machines[node]?.slownessPercent ?? 100;
  }

  setSlowness(node: NodeIndex, percent: number): void {
    const machine = this.get(node);
    if (machine.slownessPercent === percent) return;
    machine.slownessPercent = percent;
    this.announce("slowed", node);
  }

  /**
   * The machine is told to shut down: its kubelet hears of it and may end its pods first; `off` is
   * called when it lets the shutdown go on, at once where no kubelet runs.
   */
  requestShutdown(node: NodeIndex, off: () => void): void {
    const machine = this.get(node);
    if (!machine.isKubeletRunning) {
      off();
      return;
    }
    machine.shutdown = off;
    this.announce("shuttingDown", node);
  }

  /** The kubelet has done what it wanted to do before the machine goes off. */
  allowShutdown(node: NodeIndex): void {
    const { shutdown } = this.get(node);
    this.get(node).shutdown = undefined;
    shutdown?.();
  }

  // ---- times of existence ------------------------------------------------------------------

  installedUs(node: NodeIndex): number {
    return this.get(node).installedUs;
  }

  /** Time with power since the machine was installed, the running span included. */
  upUs(node: NodeIndex): number {
    const machine = this.get(node);
    const running = machine.isPowered ? this.simulation.nowUs - machine.powerSinceUs : 0;
    return machine.upBeforeUs + running;
  }

  downUs(node: NodeIndex): number {
    const machine = this.get(node);
    const running = machine.isPowered ? 0 : this.simulation.nowUs - machine.powerSinceUs;
    return machine.downBeforeUs + running;
  }

  /** Machine time over all machines, removed ones included: exact sums in microseconds. */
  totals(): { readonly upUs: number; readonly downUs: number; readonly existenceUs: number } {
    let upUs = this.removedUpUs;
    let downUs = this.removedDownUs;
    let existenceUs = this.removedExistenceUs;
    for (const machine of this.machines) {
      if (machine === undefined) continue;
      upUs += this.upUs(machine.node);
      downUs += this.downUs(machine.node);
      existenceUs += this.simulation.nowUs - machine.installedUs;
    }
    return { upUs, downUs, existenceUs };
  }

  // ---- images ------------------------------------------------------------------------------

  /** False while the image registry answers nobody. */
  get isRegistryUp(): boolean {
    return this.registryUp;
  }

  /** The registry goes away or comes back; what is being transferred goes on. */
  setRegistry(isUp: boolean): void {
    this.registryUp = isUp;
  }

  /** Bytes of an image on the machine's disk; undefined if it is not there. */
  imageBytes(node: NodeIndex, image: string): number | undefined {
    return this.machines[node]?.images.get(image);
  }

  addImage(node: NodeIndex, image: string, bytes: number): void {
    this.get(node).images.set(image, bytes);
  }

  removeImage(node: NodeIndex, image: string): void {
    this.get(node).images.delete(image);
  }

  /** Images on disk in the order in which they came. */
  images(node: NodeIndex): ReadonlyMap<string, number> {
    return this.get(node).images;
  }

  /** Bytes on disk that belong to no image and no pod: logs, dumps, whatever filled it. */
  diskFilledBytes(node: NodeIndex): number {
    return this.machines[node]?.diskFilledBytes ?? 0;
  }

  fillDisk(node: NodeIndex, bytes: number): void {
    this.get(node).diskFilledBytes = bytes;
    this.announce("diskFilled", node);
  }

  // ---- pods and processes ------------------------------------------------------------------

  /** The machine's kubelet has taken the pod on: its processes may start. */
  admitPod(node: NodeIndex, podUid: Uid): void {
    assert(this.get(node).isKubeletRunning, "A pod is admitted where no kubelet runs.");
    assert(!this.hasPod(node, podUid), "A kubelet admits a pod twice.");
    this.processes.addPod(node, podUid);
  }

  hasPod(node: NodeIndex, podUid: Uid): boolean {
    return this.processes.findPod(node, podUid) !== NO_ROW;
  }

  /** Uids of the pods the machine knows, in the order of admission. */
  podUids(node: NodeIndex): readonly Uid[] {
    const { processes } = this;
    const uids: Uid[] = [];
    for (let pod = processes.firstPodOn(node); pod !== NO_ROW; pod = processes.nextPod(pod)) {
      uids.push(processes.podUid(pod));
    }
    return uids;
  }

  /** Forgets a pod whose processes have all ended: sandbox and volumes are gone. */
  forgetPod(node: NodeIndex, podUid: Uid): void {
    const { processes } = this;
    this.get(node);
    const pod = processes.findPod(node, podUid);
    if (pod === NO_ROW) return;
    for (let row = pod; row !== NO_ROW; row = processes.nextContainer(row)) {
      const isRunning = processes.state(row) === ContainerState.Running;
      assert(!isRunning, "A pod is forgotten while a process of it runs.");
    }
    processes.removePod(pod);
  }

  /** Starts a container's process, again if it has exited. */
  startProcess(node: NodeIndex, podUid: Uid, container = 0): void {
    const { processes } = this;
    assert(this.get(node).isPowered, "A process starts on a machine without power.");
    const pod = processes.findPod(node, podUid);
    assert(pod !== NO_ROW, "A process starts for a pod that no kubelet admitted.");
    const known = processes.findContainer(pod, container);
    const row = known === NO_ROW ? processes.addContainer(pod, container) : known;
    const isRunning = processes.state(row) === ContainerState.Running;
    assert(!isRunning, "A process starts that is running.");
    processes.start(row, this.simulation.nowUs);
    this.processCountNow++;
    this.announceProcess("started", node, podUid, container, 0, false);
  }

  /** A running process ends; false if it was not running (it ended with its machine). */
  exitProcess(node: NodeIndex, podUid: Uid, exitCode: number, container = 0): boolean {
    const row = this.findProcess(node, podUid, container);
    if (row === NO_ROW || this.processes.state(row) !== ContainerState.Running) return false;
    this.end(node, row, exitCode, false);
    return true;
  }

  /** A running process is ended with its pod, whatever it still had to do; false if none ran. */
  cutProcess(node: NodeIndex, podUid: Uid, exitCode: number, container = 0): boolean {
    const row = this.findProcess(node, podUid, container);
    if (row === NO_ROW || this.processes.state(row) !== ContainerState.Running) return false;
    this.end(node, row, exitCode, true);
    return true;
  }

  /** Whether a container's process runs. */
  isRunning(node: NodeIndex, podUid: Uid, container = 0): boolean {
    const row = this.findProcess(node, podUid, container);
    return row !== NO_ROW && this.processes.state(row) === ContainerState.Running;
  }

  /** A container's process, or undefined if none was started. */
  process(node: NodeIndex, podUid: Uid, container = 0): Process | undefined {
    const { processes } = this;
    const row = this.findProcess(node, podUid, container);
    if (row === NO_ROW || processes.state(row) === ContainerState.None) return undefined;
    return {
      container,
      state: processes.state(row) === ContainerState.Running ? "running" : "exited",
      startedUs: processes.startedUs(row),
      exitedUs: processes.exitedUs(row),
      exitCode: processes.exitCode(row),
    };
  }

  /** Processes running on all machines. */
  get processCount(): number {
    return this.processCountNow;
  }

  /** Pods that machines know. */
  get podCount(): number {
    return this.processes.podCount;
  }

  /** Rows that memory is held for; bounded by the most containers there were at once. */
  get processCapacity(): number {
    return this.processes.capacity;
  }

  /** Processes running on one machine. */
  processCountOn(node: NodeIndex): number {
    const { processes } = this;
    let count = 0;
    for (let pod = processes.firstPodOn(node); pod !== NO_ROW; pod = processes.nextPod(pod)) {
      for (let row = pod; row !== NO_ROW; row = processes.nextContainer(row)) {
        if (processes.state(row) === ContainerState.Running) count++;
      }
    }
    return count;
  }

  /** Rows of all installed machines, by node row. */
  installed(): readonly NodeIndex[] {
    return this.machines.flatMap((machine) => (machine === undefined ? [] : [machine.node]));
  }

  // ---- private -----------------------------------------------------------------------------

  private get(node: NodeIndex): Machine {
    const machine = this.machines[node];
    assert(machine !== undefined, "A machine is asked for that is not installed.");
    return machine;
  }

  private findProcess(node: NodeIndex, podUid: Uid, container: number): number {
    const pod = this.processes.findPod(node, podUid);
    return pod === NO_ROW ? NO_ROW : this.processes.findContainer(pod, container);
  }

  /** All processes die and the pods' sandboxes with them. */
  private killAll({ node }: Machine): void {
    const { processes } = this;
    for (let pod = processes.firstPodOn(node); pod !== NO_ROW; pod = processes.nextPod(pod)) {
      for (let row = pod; row !== NO_ROW; row = processes.nextContainer(row)) {
        if (processes.state(row) === ContainerState.Running) this.end(node, row, EXIT_KILLED, true);
      }
    }
    for (let pod = processes.firstPodOn(node); pod !== NO_ROW; ) {
      processes.removePod(pod);
      pod = processes.firstPodOn(node);
    }
  }

  private end(node: NodeIndex, row: number, exitCode: number, isCutShort: boolean): void {
    const { processes } = this;
    processes.exit(row, this.simulation.nowUs, exitCode);
    this.processCountNow--;
    const container = processes.container(row);
    const podUid = processes.podUid(row);
    if (isCutShort) {
      const cut = { node, podUid, container, startedUs: processes.startedUs(row) };
      for (const observer of this.observers) observer.onCut?.(cut);
    }
    this.announceProcess("exited", node, podUid, container, exitCode, isCutShort);
  }

  private announce(kind: MachineChangeKind, node: NodeIndex): void {
    const change: MachineChange = { kind, node, atUs: this.simulation.nowUs };
    for (const observer of this.observers) observer.onMachine?.(change);
    this.news.push({ machine: change });
    this.newsLane.push();
  }

  private announceProcess(
    kind: "started" | "exited",
    node: NodeIndex,
    podUid: Uid,
    container: number,
    exitCode: number,
    isCutShort: boolean,
  ): void {
    const isHeard = this.observers.some(hearsProcesses) || this.listeners.some(hearsProcesses);
    if (!isHeard) return;
    const { nowUs } = this.simulation;
    const what = { kind, node, podUid, container, exitCode, isCutShort };
    const change: ProcessChange = { ...what, atUs: nowUs };
    for (const observer of this.observers) observer.onProcess?.(change);
    if (!this.listeners.some(hearsProcesses)) return;
    this.news.push({ process: change });
    this.newsLane.push();
  }

  /** Tells the oldest news; there is one event per piece. */
  private tell(): void {
    const news = this.news[this.newsRead];
    assert(news !== undefined, "There is an event for each piece of news.");
    this.news[this.newsRead++] = undefined;
    if (this.newsRead === this.news.length) {
      this.news = [];
      this.newsRead = 0;
    }
    for (const listener of this.listeners) {
      if ("machine" in news) listener.onMachine?.(news.machine);
      else listener.onProcess?.(news.process);
    }
  }
}

function hearsProcesses(listener: MachineListener): boolean {
  return listener.onProcess !== undefined;
}
