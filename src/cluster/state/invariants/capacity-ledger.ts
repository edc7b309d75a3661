// Capacity ledger: what the pods of each node request, kept from the stream of commits alone.
//
// A bind may not make or enlarge an overcommit, unless one of the causes is on record that the
// scheduler did not decide: pods of the initial state or with a preset node, a node that shrank or
// was made anew under its pods, a resize in place. Sums are over bound pods that have not finished.

import { CHANGED_NODE } from "../change-journal.ts";
import type { NodeChange, PodChange } from "../changes.ts";
import { isFinishedPhase, NO_NODE } from "../identity.ts";
import type { NodeIndex, PodIndex } from "../identity.ts";
import type { NodeTable } from "../node-table.ts";
import type { PodTable } from "../pod-table.ts";
import type { ResourceList } from "../../quantity/resource-list.ts";
import type { Violations } from "./violations.ts";

/** When the rule does not judge. */
export interface CapacityExcuses {
  /** Binds are not bounded by NodeResourcesFit at all. */
  readonly mayOvercommit: () => boolean;
  /** The initial state is still being loaded. */
  readonly isInitial: () => boolean;
}

interface NodeSums {
  milliCpu: number;
  memoryBytes: number;
  ephemeralStorageBytes: number;
  pods: number;
  readonly scalars: Map<string, number>;
  /** Why the sums may exceed allocatable; "" while nothing is on record. */
  overcommitCause: string;
}

interface Contribution {
  readonly node: NodeIndex;
  readonly requests: ResourceList;
}

/** Sums of requests per node, and the rule of binds. */
export class CapacityLedger {
  private readonly pods: PodTable;
  private readonly nodes: NodeTable;
  private readonly violations: Violations;
  private readonly excuses: CapacityExcuses;
  private readonly sums: (NodeSums | undefined)[] = [];
  private readonly contributions: (Contribution | undefined)[] = [];

  constructor(pods: PodTable, nodes: NodeTable, violations: Violations, excuses: CapacityExcuses) {
    this.pods = pods;
    this.nodes = nodes;
    this.violations = violations;
    this.excuses = excuses;
    pods.forEach((pod) => {
      if (pods.node(pod) === NO_NODE || pods.isFinished(pod)) return;
      this.add(pod, { node: pods.node(pod), requests: pods.template(pod).nodeRequests });
      this.excusePreset(pods.node(pod), true);
    });
  }

  /** Notes that something but the scheduler may overcommit this node (a second scheduler). */
  allowOvercommit(node: NodeIndex, cause: string): void {
    this.sumsOf(node).overcommitCause ||= cause;
  }

  /** Observes one commit about a pod. */
  seePod(change: PodChange): void {
    const { pod } = change;
    const before = this.contributions[pod];
    const counts =
      change.kind !== "Deleted" &&
      change.nodeAfter !== NO_NODE &&
      !isFinishedPhase(change.phaseAfter);
    if (before !== undefined && counts && before.requests === change.templateAfter.nodeRequests) {
      return;
    }
    if (before !== undefined) this.takeOff(pod, before);
    if (!counts) return;
    const node = change.nodeAfter;
    const sums = this.sumsOf(node);
    this.add(pod, { node, requests: change.templateAfter.nodeRequests });
    if (change.kind === "Added") this.excusePreset(node, this.excuses.isInitial());
    if (before !== undefined) sums.overcommitCause ||= "a resize in place";
    if (change.kind === "Modified" && change.mask & CHANGED_NODE) this.checkBind(pod, node);
  }

  /** Observes one commit about a node. */
  seeNode(change: NodeChange): void {
    const { node, before, after } = change;
    const sums = this.sums[node];
    if (sums === undefined || after === undefined) return;
    if (change.kind === "Added" && sums.pods > 0) {
      sums.overcommitCause ||= "a new Node object under old pods";
    }
    if (before === undefined) return;
    const was = before.allocatable;
    const is = after.allocatable;
    const isSmaller =
      is.milliCpu < was.milliCpu || is.memoryBytes < was.memoryBytes || is.pods < was.pods;
    if (isSmaller || is.ephemeralStorageBytes < was.ephemeralStorageBytes) {
      sums.overcommitCause ||= "a node that shrank";
    }
  }

  /** I11: the sums of every node, counted anew from the table. */
  testSumsByScan(): string | undefined {
    for (let row = 0; row < this.nodes.rowCount; row++) {
      const node = row as NodeIndex;
      let milliCpu = 0;
      let memoryBytes = 0;
      let pods = 0;
      this.pods.forEachOnNode(node, (pod) => {
        if (this.pods.isFinished(pod)) return;
        const { nodeRequests } = this.pods.template(pod);
        milliCpu += nodeRequests.milliCpu;
        memoryBytes += nodeRequests.memoryBytes;
        pods++;
      });
      const sums = this.sums[node];
      const isEqual =
        milliCpu === (sums?.milliCpu ?? 0) &&
        memoryBytes === (sums?.memoryBytes ?? 0) &&
        pods === (sums?.pods ?? 0);
      if (!isEqual) return `the sums of node ${this.nodes.name(node)} differ from its pods'`;
    }
    return undefined;
  }

  /**
   * A pod that came with its node. In the initial state it excuses later binds only if the node is
   * overcommitted already; during the run always, since schedulers hear of it late.
   */
  private excusePreset(node: NodeIndex, isInitial: boolean): void {
    const sums = this.sumsOf(node);
    if (!isInitial) {
      sums.overcommitCause ||= "a pod with a preset node";
      return;
    }
    if (!this.nodes.exists(node)) {
      sums.overcommitCause ||= "pods from before their node";
      return;
    }
    const { allocatable } = this.nodes.facts(node);
    const excess = findExcess(sums, sums, allocatable);
    if (excess !== undefined || sums.pods > allocatable.pods) {
      sums.overcommitCause ||= "pods of the initial state";
    }
  }

  private checkBind(pod: PodIndex, node: NodeIndex): void {
    const sums = this.sumsOf(node);
    if (!this.nodes.exists(node) || sums.overcommitCause !== "" || this.excuses.mayOvercommit())
      return;
    const { nodeRequests: asked } = this.pods.template(pod);
    const { allocatable } = this.nodes.facts(node);
    const excess = findExcess(sums, asked, allocatable);
    const name = `${this.pods.namespace(pod)}/${this.pods.name(pod)}`;
    if (excess !== undefined) {
      const where = this.nodes.name(node);
      this.violations.note("I12", `binding ${name} overcommits ${excess} of node ${where}`);
    }
    if (sums.pods > allocatable.pods) {
      this.violations.note("I13", `binding ${name} exceeds the pods of ${this.nodes.name(node)}`);
    }
  }

  private add(pod: PodIndex, contribution: Contribution): void {
    this.contributions[pod] = contribution;
    this.count(contribution, 1);
  }

  private takeOff(pod: PodIndex, contribution: Contribution): void {
    this.contributions[pod] = undefined;
    this.count(contribution, -1);
    const sums = this.sumsOf(contribution.node);
    const isNegative = sums.milliCpu < 0 || sums.memoryBytes < 0 || sums.pods < 0;
    if (isNegative) {
      const name = this.nodes.name(contribution.node);
      this.violations.note("I12", `node ${name} has more free than allocatable`);
    }
  }

  private count({ node, requests }: Contribution, sign: 1 | -1): void {
    const sums = this.sumsOf(node);
    sums.milliCpu += sign * requests.milliCpu;
    sums.memoryBytes += sign * requests.memoryBytes;
    sums.ephemeralStorageBytes += sign * requests.ephemeralStorageBytes;
    sums.pods += sign;
    for (const [name, amount] of requests.scalars) {
      sums.scalars.set(name, (sums.scalars.get(name) ?? 0) + sign * amount);
    }
  }

  private sumsOf(node: NodeIndex): NodeSums {
    let sums = this.sums[node];
    if (sums === undefined) {
      sums = {
        milliCpu: 0,
        memoryBytes: 0,
        ephemeralStorageBytes: 0,
        pods: 0,
        scalars: new Map(),
        overcommitCause: "",
      };
      this.sums[node] = sums;
    }
    return sums;
  }
}

type Amounts = Pick<ResourceList, "milliCpu" | "memoryBytes" | "ephemeralStorageBytes" | "scalars">;

/** The first resource that the pod asks for and that the node has no more of. */
function findExcess(sums: NodeSums, asked: Amounts, allocatable: ResourceList): string | undefined {
  if (asked.milliCpu > 0 && sums.milliCpu > allocatable.milliCpu) return "cpu";
  if (asked.memoryBytes > 0 && sums.memoryBytes > allocatable.memoryBytes) return "memory";
  const ephemeral = allocatable.ephemeralStorageBytes;
  if (asked.ephemeralStorageBytes > 0 && sums.ephemeralStorageBytes > ephemeral) {
    return "ephemeral-storage";
  }
  for (const [name, amount] of asked.scalars) {
    const used = sums.scalars.get(name) ?? 0;
    if (amount > 0 && used > (allocatable.scalars.get(name) ?? 0)) return name;
  }
  return undefined;
}
