// Checks of verdicts: whether the chosen node could take the pod, and when things happened.
//
// A verdict is judged on its own snapshot, from the pods and the node as they are listed there;
// kept sums and plugin state are not used. A rule counts only where its plugin filters.

import {
  findUntoleratedTaint,
  type HostPort,
  isTolerated,
  matchesRequiredNodeAffinity,
  type NodeObject,
  type ResourceList,
} from "../../cluster/index.ts";
import type { Verdict } from "../cycle/decider.ts";
import type { DecisionRecord } from "../cycle/decision-record.ts";
import { ProfileDecider } from "../cycle/profile-decider.ts";
import { feasibleNodesToFind } from "../evaluator/sampling.ts";
import { type PodInfo, podKey } from "../framework/pod-info.ts";
import type { Profile } from "../framework/profile.ts";
import { Code } from "../framework/status.ts";
import { NodeResourcesFit } from "../plugins/node-resources-fit.ts";
import type { QueuedPod } from "../queue/queued-pod.ts";
import type { Scheduler } from "../scheduler.ts";
import type { BreakNotes } from "./break-notes.ts";

const CORDON = {
  key: "node.kubernetes.io/unschedulable",
  value: "",
  effect: "NoSchedule",
} as const;

const BASIC_RESOURCES = ["milliCpu", "memoryBytes", "ephemeralStorageBytes"] as const;

/** Judges verdicts and the order of what follows them. */
export class VerdictAudit {
  private readonly scheduler: Scheduler;
  private readonly notes: BreakNotes;
  private readonly hasRivals: boolean;
  private running: PodInfo | undefined;
  private nextStart = 0;
  private readonly decidedUs = new Map<PodInfo["uid"], number>();

  constructor(scheduler: Scheduler, notes: BreakNotes, hasRivals: boolean) {
    this.scheduler = scheduler;
    this.notes = notes;
    this.hasRivals = hasRivals;
  }

  onVerdict(record: QueuedPod, verdict: Verdict): void {
    const { pod } = record;
    const name = podKey(pod);
    if (this.running !== undefined) {
      this.notes.note("I26", `the cycle of ${name} began during that of ${podKey(this.running)}`);
    }
    this.running = pod;
    if (pod.deleting || this.scheduler.news.findPod(pod.uid)?.deleting === true) {
      this.notes.note("I33", `${name} is being deleted and got a cycle`);
    }
    if (pod.nodeName !== "") {
      this.notes.note("I45", `${name} has the node ${pod.nodeName} and got a cycle`);
    }
    const profile = this.scheduler.decider.profiles.get(pod.template.schedulerName);
    if (profile === undefined) return;
    this.checkSearch(verdict, profile);
    if (verdict.decision.outcome === "placed") this.checkPlacement(pod, verdict, profile);
  }

  onDecision(record: DecisionRecord): void {
    this.running = undefined;
    const { pod, initialAttemptUs, poppedUs, decidedUs } = record;
    const name = podKey(pod);
    if (!(initialAttemptUs <= poppedUs && poppedUs <= decidedUs)) {
      const times = `${initialAttemptUs}, ${poppedUs}, ${decidedUs}`;
      this.notes.note("I22", `${name} was active, popped and decided at ${times} us`);
    }
    const { cycleUs, bindingTimes } = this.scheduler.options;
    const tookUs = decidedUs - poppedUs;
    const isFixed = typeof cycleUs === "number" && bindingTimes === undefined;
    if (isFixed && tookUs !== cycleUs) {
      this.notes.note("I25", `the cycle of ${name} took ${tookUs} us instead of ${cycleUs}`);
    }
    if (record.result === "scheduled") this.decidedUs.set(pod.uid, decidedUs);
  }

  onBound(pod: PodInfo, atUs: number): void {
    const decidedUs = this.decidedUs.get(pod.uid);
    this.decidedUs.delete(pod.uid);
    if (decidedUs === undefined || decidedUs > atUs) {
      this.notes.note("I22", `${podKey(pod)} was bound at ${atUs} us, decided at ${decidedUs}`);
    }
  }

  onBindingFailed(pod: PodInfo): void {
    this.decidedUs.delete(pod.uid);
  }

  private checkPlacement(pod: PodInfo, { decision }: Verdict, profile: Profile): void {
    const { cache } = this.scheduler;
    if (decision.node === -1) return;
    const row = decision.node;
    const node = cache.node(row);
    const others = cache.podsOn(row);
    const has = (plugin: string): boolean =>
      profile.filterPlugins.some((filter) => filter.name === plugin);
    const place = `${podKey(pod)} on ${cache.nodeName(row)}`;
    if (has("NodeResourcesFit")) this.checkRoom(pod, node, others, place);
    if (has("NodeResourcesFit") && !ignoresSome(profile)) {
      this.checkDevices(pod, node, others, place);
    }
    // With rivals a port in use may count as free: cache-audit.ts says why.
    if (has("NodePorts") && !this.hasRivals) this.checkPorts(pod, others, place);
    if (has("NodeAffinity") && !isAffinityMet(pod, node)) {
      this.notes.note("I36", `${place}: its node selector or affinity does not match`);
    }
    if (has("TaintToleration")) {
      const taint = findUntoleratedTaint(node.taints, pod.template.tolerations);
      if (taint !== undefined) this.notes.note("I37", `${place}: taint ${taint.key} repels it`);
    }
    if (has("NodeUnschedulable") && node.unschedulable) {
      const isAllowed = isTolerated(CORDON, pod.template.tolerations);
      if (!isAllowed) this.notes.note("I37", `${place}: the node is cordoned`);
    }
  }

  private checkRoom(
    pod: PodInfo,
    node: NodeObject,
    others: readonly PodInfo[],
    place: string,
  ): void {
    const { allocatable } = node;
    if (others.length + 1 > allocatable.pods) {
      const text = `${place}: pod number ${others.length + 1} of ${allocatable.pods}`;
      this.notes.note("I13", text);
    }
    const { requests } = pod.template;
    for (const resource of BASIC_RESOURCES) {
      if (requests[resource] <= 0) continue;
      const used = others.reduce((sum, other) => sum + requestedBy(other)[resource], 0);
      if (used + requests[resource] > allocatable[resource]) {
        const amounts = `${used} + ${requests[resource]} of ${allocatable[resource]}`;
        this.notes.note("I10", `${place}: ${resource} ${amounts}`);
      }
    }
  }

  /** Devices come whole, and their sum stays within what the node has. */
  private checkDevices(
    pod: PodInfo,
    node: NodeObject,
    others: readonly PodInfo[],
    place: string,
  ): void {
    for (const [name, amount] of pod.template.requests.scalars) {
      if (!Number.isInteger(amount) || amount < 0) {
        this.notes.note("I15", `${place}: ${amount} of ${name} is no whole number of units`);
      }
      if (amount <= 0) continue;
      const used = others.reduce(
        (sum, each) => sum + (requestedBy(each).scalars.get(name) ?? 0),
        0,
      );
      const has = node.allocatable.scalars.get(name) ?? 0;
      if (used + amount > has) {
        this.notes.note("I15", `${place}: ${name} ${used} + ${amount} of ${has}`);
      }
    }
  }

  private checkPorts(pod: PodInfo, others: readonly PodInfo[], place: string): void {
    for (const wanted of pod.template.hostPorts) {
      for (const other of others) {
        if (other.template.hostPorts.some((used) => areConflicting(wanted, used))) {
          const text = `${place}: port ${wanted.port} is taken by ${podKey(other)}`;
          this.notes.note("I14", text);
        }
      }
    }
  }

  /** K, the number of nodes looked at, and where the next search begins. */
  private checkSearch({ decision }: Verdict, profile: Profile): void {
    const { decider, cache } = this.scheduler;
    if (!(decider instanceof ProfileDecider)) return;
    const { start, nextStart, feasible, evaluatedCount, narrowedTo, outcome } = decision;
    const all = cache.nodeList;
    const name = podKey(decision.pod);
    if (start !== this.nextStart) {
      this.notes.note("I43", `${name}: the search began at ${start} instead of ${this.nextStart}`);
    }
    const stays =
      decision.viaNominated ||
      decision.viaHint ||
      outcome === "no-nodes" ||
      decision.preFilter.code !== Code.Success;
    this.nextStart = stays || all.length === 0 ? start : (start + evaluatedCount) % all.length;
    if (nextStart !== this.nextStart) {
      this.notes.note("I43", `${name}: the next search begins at ${nextStart}`);
      this.nextStart = nextStart;
    }
    if (stays || outcome === "error") return;
    const nodeCount =
      narrowedTo === undefined
        ? all.length
        : all.filter((row) => narrowedTo.has(cache.nodeName(row))).length;
    const percentage = profile.percentageOfNodesToScore ?? decider.percentageOfNodesToScore;
    const wanted =
      profile.scorePlugins.length === 0 ? 1 : feasibleNodesToFind(nodeCount, percentage);
    if (feasible.length > wanted) {
      this.notes.note("I43", `${name}: ${feasible.length} feasible nodes, ${wanted} are enough`);
    } else if (feasible.length < wanted && evaluatedCount < nodeCount) {
      this.notes.note("I43", `${name}: the search ended after ${evaluatedCount} of ${nodeCount}`);
    }
  }
}

/** Arguments may tell the filter to leave resources to somebody else. */
function ignoresSome({ filterPlugins }: Profile): boolean {
  return filterPlugins.some((each) => each instanceof NodeResourcesFit && each.ignoresSome);
}

function requestedBy(pod: PodInfo): ResourceList {
  return pod.template.nodeRequests;
}

function isAffinityMet(pod: PodInfo, node: NodeObject): boolean {
  const { requiredNodeAffinity } = pod.template;
  if (requiredNodeAffinity === undefined) return true;
  return matchesRequiredNodeAffinity(requiredNodeAffinity, node.meta);
}

function areConflicting(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.ip === b.ip || a.ip === "0.0.0.0" || b.ip === "0.0.0.0";
}
