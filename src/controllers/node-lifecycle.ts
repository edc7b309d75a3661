// The node lifecycle controller: notices nodes that have fallen silent, marks their conditions
// Unknown, taints them, and marks their pods not ready.
//
// Two loops. The health pass runs every 5 s (plus its own length) and decides who is Unknown and
// whose NoExecute taint is due; the taint loop gives NoExecute taints every 100 ms as the rates of
// the zones allow. NoSchedule taints follow a node's conditions at once, outside both. Passes and
// ticks that would find nothing to do are not simulated: their instants are computed.

import { duration, entityHash, type Instant } from "../base/index.ts";
import {
  ConditionStatus,
  type NodeChange,
  type NodeIndex,
  type NodeObject,
  PodConditionType,
  type PodIndex,
} from "../cluster/index.ts";
import { type EventHandle, NO_HANDLE, RANK } from "../engine/index.ts";
import type { ControllerClient } from "./controller-client.ts";
import type { ControllerContext } from "./controller-context.ts";
import type { Heartbeats } from "./heartbeats.ts";
import {
  conditionStatus,
  hasTaint,
  NOT_READY_KEY,
  noExecuteTaints,
  UNREACHABLE_KEY,
  withConditionTaints,
  withNoExecuteTaint,
  withUnknownConditions,
} from "./node-taints.ts";
import { PassGrid } from "./pass-grid.ts";
import { ZoneEvictionQueue } from "./zone-eviction-queue.ts";
import { evictionRateOf, ZoneState, zoneStateOf } from "./zone-state.ts";

/** Nodes with this label do not count for zone states. */
const EXCLUDE_DISRUPTION = "node.kubernetes.io/exclude-disruption";
/** How far back the controller must know its passes: a renewal is at most a lease interval old. */
const PASSES_REMEMBERED_US = 120_000_000;

/** One zone: its queue, its counts as of the last pass, its state. */
interface Zone {
  readonly queue: ZoneEvictionQueue;
  readonly ready: Set<NodeIndex>;
  readonly notReady: Set<NodeIndex>;
  state: ZoneState;
}

/** Watches all nodes. */
export class NodeLifecycleController {
  private readonly context: ControllerContext;
  private readonly client: ControllerClient;
  private readonly heartbeats: Heartbeats;
  private readonly passes: PassGrid;
  private readonly taintTicks: PassGrid;
  private readonly zones = new Map<number, Zone>();
  private readonly zoneOf = new Map<NodeIndex, number>();
  /** Nodes that the next pass must look at, whatever their heartbeat says. */
  private readonly unsettled = new Set<NodeIndex>();
  /** Silent nodes whose Ready condition is not Unknown yet. */
  private readonly fading = new Set<NodeIndex>();
  /** Pods whose Ready=False was refused: tried again in the next pass. */
  private readonly retryPods = new Set<NodeIndex>();
  /** Node objects whose taints are being brought in line, to send one request at a time. */
  private readonly tainting = new Set<NodeIndex>();
  private passHandle: EventHandle = NO_HANDLE;
  private passAtUs = Number.POSITIVE_INFINITY;
  private isPassing = false;
  private tickHandle: EventHandle = NO_HANDLE;
  /** Leaving a full disruption gives every node a fresh grace period. */
  private probesResetUs = 0;
  private isFullyDisrupted = false;
  /** The running pass has marked a node Unknown. */
  private hasLost = false;
  private zoneListener: (zone: string | undefined, state: string) => void = () => {};

  constructor(context: ControllerContext, heartbeats: Heartbeats) {
    this.context = context;
    this.heartbeats = heartbeats;
    this.client = context.client("node-controller");
    const { nodeLifecycle, phases } = context.options;
    const periodUs = nodeLifecycle.nodeMonitorPeriodUs + nodeLifecycle.passDurationUs;
    const draws = context.draws("node-lifecycle/phase");
    const draw = (index: number, span: number): number =>
      Math.floor(draws.unit(entityHash("node-lifecycle-controller", 0), index) * span);
    const passPhaseUs = phases.nodeMonitorUs ?? draw(0, periodUs);
    const tickPhaseUs = phases.taintPassUs ?? draw(1, nodeLifecycle.taintPassPeriodUs);
    this.passes = new PassGrid(passPhaseUs, periodUs, PASSES_REMEMBERED_US);
    this.taintTicks = new PassGrid(tickPhaseUs, nodeLifecycle.taintPassPeriodUs, 0);
    heartbeats.onSilence((node) => this.noteSilence(node));
  }

  /**
   * Told of every change of a zone's state by the zone's name, and, without a name, when the controller
   * takes everything for dead and when it no longer does; for checks and replays.
   */
  onZoneState(listener: (zone: string | undefined, state: string) => void): void {
    this.zoneListener = listener;
  }

  // ---- news --------------------------------------------------------------------------------

  onNode(change: NodeChange): void {
    const { node } = change;
    if (change.kind === "Deleted") {
      this.forget(node);
      return;
    }
    if (change.kind === "Added" && this.heartbeats.isSilent(node)) this.noteSilence(node);
    this.alignNoScheduleTaints(node);
    if (change.kind === "Added" || change.before === undefined) this.admit(node);
    else if (this.mustLook(change.before, change.after!)) this.unsettle(node);
  }

  /** A node that has never been seen counts in its zone at once if it is ready, else at the next pass. */
  private admit(node: NodeIndex): void {
    const zone = this.zoneFor(node);
    const facts = this.context.api.nodes.facts(node);
    const isQuiet =
      conditionStatus(facts, "Ready") === "True" && noExecuteTaints(facts).length === 0;
    if (!isQuiet) {
      this.unsettle(node);
      return;
    }
    if (!isExcluded(facts)) zone.ready.add(node);
    if (zone.state !== ZoneState.Normal || this.isFullyDisrupted) this.unsettle(node);
  }

  private mustLook(before: NodeObject, after: NodeObject): boolean {
    if (conditionStatus(before, "Ready") !== conditionStatus(after, "Ready")) return true;
    return noExecuteTaints(before).length !== noExecuteTaints(after).length;
  }

  private unsettle(node: NodeIndex): void {
    this.unsettled.add(node);
    this.planPassAt(this.passes.after(this.context.sim.nowUs));
  }

  private noteSilence(node: NodeIndex): void {
    this.fading.add(node);
    this.planPassAt(this.fadesAtUs(node));
  }

  private forget(node: NodeIndex): void {
    const zone = this.zones.get(this.zoneOf.get(node) ?? -1);
    this.zoneOf.delete(node);
    this.unsettled.delete(node);
    this.fading.delete(node);
    this.retryPods.delete(node);
    if (zone === undefined) return;
    zone.queue.remove(node);
    const hadIt = zone.ready.delete(node) || zone.notReady.delete(node);
    if (hadIt && zone.notReady.size > 0) this.planPassAt(this.passes.after(this.context.sim.nowUs));
  }

  // ---- NoSchedule taints -------------------------------------------------------------------

  /** Reads the node, then patches it: two requests, as upstream; none if nothing is to change. */
  private alignNoScheduleTaints(node: NodeIndex): void {
    const { nodes } = this.context.api;
    if (!nodes.exists(node) || this.tainting.has(node)) return;
    const facts = nodes.facts(node);
    if (withConditionTaints(facts) === facts) return;
    this.tainting.add(node);
    const uid = nodes.uid(node);
    this.client.read(() => {
      this.client.updateNode(node, uid, withConditionTaints, (error) => {
        this.tainting.delete(node);
        if (error === undefined) this.alignNoScheduleTaints(node);
        else this.alignLater(node);
      });
    });
  }

  private alignLater(node: NodeIndex): void {
    const delayUs = duration(this.context.options.nodeLifecycle.nodeMonitorPeriodUs);
    this.context.sim.callAfter(delayUs, RANK.controller, "node taint retry", () =>
      this.alignNoScheduleTaints(node),
    );
  }

  // ---- the health pass ---------------------------------------------------------------------

  /** When a node that stays silent will be marked: the first pass later than its grace period. */
  private fadesAtUs(node: NodeIndex): number {
    const { nowUs } = this.context.sim;
    const { nodeMonitorGracePeriodUs } = this.context.options.nodeLifecycle;
    const lastUs = this.heartbeats.lastUs(node, nowUs);
    const createdUs = this.context.api.nodes.createdUs(node);
    const noticedUs = this.passes.atOrAfter(Math.max(lastUs, createdUs));
    return this.passes.after(Math.max(noticedUs, this.probesResetUs) + nodeMonitorGracePeriodUs);
  }

  /** After a pass: the next one at once if something is open, else when the next silent node fades. */
  private planPass(): void {
    const { nowUs } = this.context.sim;
    let atUs = Number.POSITIVE_INFINITY;
    if (this.unsettled.size > 0 || this.retryPods.size > 0) atUs = this.passes.after(nowUs);
    else for (const node of this.fading) atUs = Math.min(atUs, this.fadesAtUs(node));
    this.planPassAt(Math.max(atUs, this.passes.after(nowUs)));
  }

  private planPassAt(atUs: number): void {
    if (this.isPassing || atUs >= this.passAtUs) return;
    const { sim } = this.context;
    sim.cancel(this.passHandle);
    this.passAtUs = atUs;
    this.passHandle = sim.callAt(atUs as Instant, RANK.controller, "node health pass", () =>
      this.pass(),
    );
  }

  private pass(): void {
    const { sim, api, options } = this.context;
    const startUs = sim.nowUs;
    this.passHandle = NO_HANDLE;
    this.passAtUs = Number.POSITIVE_INFINITY;
    this.isPassing = true;
    this.hasLost = false;
    const due = new Set<NodeIndex>([...this.unsettled, ...this.retryPods]);
    for (const node of this.fading) {
      if (!this.heartbeats.isSilent(node)) this.fading.delete(node);
      else if (this.fadesAtUs(node) <= startUs) due.add(node);
    }
    this.unsettled.clear();
    const nodes = [...due].filter((node) => api.nodes.exists(node)).sort((a, b) => a - b);
    let running = 0;
    let next = 0;
    let isAdvancing = false; // most looks are over at once, and must not nest
    const advance = (): void => {
      if (isAdvancing) return;
      isAdvancing = true;
      while (running < options.nodeLifecycle.passWorkers && next < nodes.length) {
        running++;
        this.look(nodes[next++]!, startUs, () => {
          running--;
          advance();
        });
      }
      isAdvancing = false;
      if (running === 0 && next >= nodes.length && this.isPassing) this.endPass(startUs);
    };
    advance();
  }

  private endPass(startUs: number): void {
    const { sim, options } = this.context;
    const { passDurationUs, nodeMonitorPeriodUs } = options.nodeLifecycle;
    const lossEndUs = startUs + options.nodeLifecycle.lossPassDurationUs;
    if (this.hasLost && sim.nowUs < lossEndUs) {
      const label = "node health pass ends";
      sim.callAt(lossEndUs as Instant, RANK.controller, label, () => this.endPass(startUs));
      return;
    }
    this.isPassing = false;
    this.updateZoneStates();
    const endUs = Math.max(sim.nowUs, startUs + passDurationUs);
    this.passes.restart(startUs, endUs + nodeMonitorPeriodUs);
    this.planPass();
  }

  /** One node in a pass: mark it Unknown if it is time, settle its taints, then its pods. */
  private look(node: NodeIndex, passUs: number, done: () => void): void {
    const { api } = this.context;
    const uid = api.nodes.uid(node);
    const observed = conditionStatus(api.nodes.facts(node), "Ready");
    const isLost = this.fading.has(node) && this.fadesAtUs(node) <= passUs;
    if (!isLost || observed === "Unknown") {
      if (isLost) this.fading.delete(node);
      this.settle(node, observed, observed, done);
      return;
    }
    this.fading.delete(node);
    this.client.updateNode(
      node,
      uid,
      (before) => withUnknownConditions(before, passUs),
      (error) => {
        const isThere = api.nodes.isLive(node, uid);
        if (error === undefined && isThere) {
          this.hasLost = true;
          this.settle(node, observed, "Unknown", done);
          return;
        }
        if (isThere) this.fading.add(node); // again in the next pass
        done();
      },
    );
  }

  private settle(node: NodeIndex, observed: string, current: string, done: () => void): void {
    const facts = this.context.api.nodes.facts(node);
    this.count(node, facts, current === "True");
    if (current === "") {
      done();
      return;
    }
    if (current === "True") this.letGo(node, facts);
    else this.queueOrSwap(node, facts, current === "False" ? NOT_READY_KEY : UNREACHABLE_KEY);
    if (current !== "True" && (observed === "True" || this.retryPods.delete(node))) {
      const about = {
        kind: "Node",
        namespace: "",
        name: facts.meta.name,
        uid: this.context.api.nodes.uid(node),
      };
      if (observed === "True") {
        this.client.event(about, "NodeNotReady", `Node ${about.name} status is now: NodeNotReady`);
      }
      this.markPodsNotReady(node, done);
    } else done();
  }

  private count(node: NodeIndex, facts: NodeObject, isReady: boolean): void {
    const zone = this.zoneFor(node);
    zone.ready.delete(node);
    zone.notReady.delete(node);
    if (isExcluded(facts)) return;
    (isReady ? zone.ready : zone.notReady).add(node);
  }

  private letGo(node: NodeIndex, facts: NodeObject): void {
    this.zoneFor(node).queue.remove(node);
    if (withNoExecuteTaint(facts, "") === facts) return;
    const uid = this.context.api.nodes.uid(node);
    this.client.read(() =>
      this.client.updateNode(node, uid, (before) => withNoExecuteTaint(before, "")),
    );
  }

  /** The other of the two taints is swapped at once; a node with neither waits in its zone's queue. */
  private queueOrSwap(node: NodeIndex, facts: NodeObject, key: string): void {
    const other = key === NOT_READY_KEY ? UNREACHABLE_KEY : NOT_READY_KEY;
    if (hasTaint(facts, other, "NoExecute")) {
      this.giveNoExecuteTaint(node, key);
      return;
    }
    const { queue } = this.zoneFor(node);
    if (!hasTaint(facts, key, "NoExecute")) queue.remove(node);
    if (queue.add(node)) this.planTick();
  }

  /** One status write per pod, one after the other; phase and ContainersReady are left alone. */
  private markPodsNotReady(node: NodeIndex, done: () => void): void {
    const { pods } = this.context.api;
    const ready = (pod: PodIndex): boolean =>
      pods.condition(pod, PodConditionType.Ready) === ConditionStatus.True;
    const todo = pods.podsOnNode(node).filter(ready);
    const uids = todo.map((pod) => pods.uid(pod));
    const next = (index: number): void => {
      const pod = todo[index];
      if (pod === undefined) {
        done();
        return;
      }
      const uid = uids[index]!;
      if (!pods.isLive(pod, uid) || !ready(pod)) {
        next(index + 1);
        return;
      }
      const about = { kind: "Pod", namespace: pods.namespace(pod), name: pods.name(pod), uid };
      this.client.warning(about, "NodeNotReady", "Node is not ready");
      const patch = { ready: { status: ConditionStatus.False } };
      this.client.patchPodStatus(pod, uid, patch, (error) => {
        if (error !== undefined && pods.isLive(pod, uid)) this.retryPods.add(node);
        next(index + 1);
      });
    };
    next(0);
  }

  // ---- zones -------------------------------------------------------------------------------

  private zoneFor(node: NodeIndex): Zone {
    const key = this.context.api.nodes.zone(node);
    const before = this.zoneOf.get(node);
    if (before !== undefined && before !== key) {
      const left = this.zones.get(before);
      left?.ready.delete(node);
      left?.notReady.delete(node);
      left?.queue.remove(node);
    }
    this.zoneOf.set(node, key);
    let zone = this.zones.get(key);
    if (zone === undefined) {
      const rate = this.context.options.nodeLifecycle.nodeEvictionRatePerSecond;
      zone = {
        queue: new ZoneEvictionQueue(this.isFullyDisrupted ? 0 : rate),
        ready: new Set(),
        notReady: new Set(),
        state: ZoneState.Normal,
      };
      this.zones.set(key, zone);
    }
    return zone;
  }

  private updateZoneStates(): void {
    const { nodeLifecycle } = this.context.options;
    let isAnyAlive = false;
    let isAnyDisrupted = false;
    const changed: number[] = [];
    for (const [key, zone] of this.zones) {
      const { ready, notReady } = zone;
      if (ready.size + notReady.size === 0) continue;
      const before = zone.state;
      zone.state = zoneStateOf(ready.size, notReady.size, nodeLifecycle.unhealthyZoneThreshold);
      if (zone.state !== before) changed.push(key);
      if (zone.state === ZoneState.FullDisruption) isAnyDisrupted = true;
      else isAnyAlive = true;
    }
    const isFull = isAnyDisrupted && !isAnyAlive;
    this.tellZoneStates(changed, isFull);
    if (isFull && !this.isFullyDisrupted) this.enterFullDisruption();
    if (!isFull && this.isFullyDisrupted) this.probesResetUs = this.context.sim.nowUs;
    this.isFullyDisrupted = isFull;
    const { nowUs } = this.context.sim;
    for (const zone of this.zones.values()) {
      const size = zone.ready.size + zone.notReady.size;
      const rate = evictionRateOf(zone.state, size, {
        normalPerSecond: nodeLifecycle.nodeEvictionRatePerSecond,
        secondaryPerSecond: nodeLifecycle.secondaryNodeEvictionRatePerSecond,
        largeClusterSizeThreshold: nodeLifecycle.largeClusterSizeThreshold,
      });
      zone.queue.setRate(isFull ? 0 : rate, nowUs);
    }
    this.planTick();
  }

  /** Entering and leaving a full disruption is one piece of news and not one per zone. */
  private tellZoneStates(changed: readonly number[], isFull: boolean): void {
    if (isFull !== this.isFullyDisrupted) {
      this.zoneListener(undefined, `${isFull ? "Entering" : "Exiting"} master disruption mode`);
    }
    if (isFull || this.isFullyDisrupted) return;
    for (const key of changed)
      this.zoneListener(this.context.api.nodes.zoneName(key), this.zones.get(key)!.state);
  }

  /** Everything looks dead: it is more likely that this controller is cut off. Nothing is evicted. */
  private enterFullDisruption(): void {
    for (const zone of this.zones.values()) {
      for (const node of zone.notReady) {
        zone.queue.remove(node);
        const facts = this.context.api.nodes.facts(node);
        this.letGo(node, facts);
        this.unsettled.add(node);
      }
    }
  }

  // ---- the taint loop ----------------------------------------------------------------------

  private planTick(): void {
    const { sim } = this.context;
    let atUs = Number.POSITIVE_INFINITY;
    for (const { queue } of this.zones.values()) {
      const nextUs = queue.nextUs(sim.nowUs);
      if (nextUs !== undefined) atUs = Math.min(atUs, this.taintTicks.atOrAfter(nextUs));
    }
    sim.cancel(this.tickHandle);
    this.tickHandle = NO_HANDLE;
    if (atUs === Number.POSITIVE_INFINITY) return;
    this.tickHandle = sim.callAt(atUs as Instant, RANK.controller, "NoExecute taint pass", () =>
      this.tick(),
    );
  }

  private tick(): void {
    const { sim, api } = this.context;
    this.tickHandle = NO_HANDLE;
    for (const { queue } of this.zones.values()) {
      for (let node = queue.take(sim.nowUs); node !== undefined; node = queue.take(sim.nowUs)) {
        if (!api.nodes.exists(node)) continue;
        const ready = conditionStatus(api.nodes.facts(node), "Ready");
        if (ready === "False") this.giveNoExecuteTaint(node, NOT_READY_KEY);
        else if (ready === "Unknown") this.giveNoExecuteTaint(node, UNREACHABLE_KEY);
      }
    }
    this.planTick();
  }

  private giveNoExecuteTaint(node: NodeIndex, key: string): void {
    const uid = this.context.api.nodes.uid(node);
    this.client.read(() => {
      this.client.updateNode(node, uid, (before) => {
        const ready = conditionStatus(before, "Ready");
        const isStill = ready === (key === NOT_READY_KEY ? "False" : "Unknown");
        // A write that waited for a token is not recalled when everything turns out to be lost.
        return isStill ? withNoExecuteTaint(before, key) : before;
      });
    });
  }
}

function isExcluded(facts: NodeObject): boolean {
  return facts.meta.labels.has(EXCLUDE_DISRUPTION);
}
