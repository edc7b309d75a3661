// Pod ledger: a second account of every pod, kept from the stream of commits alone.
//
// It never reads what it is there to check, except to compare: what a pod was before a change it
// remembers itself. One row per pod row of the table; removed pods leave only counts behind.

import { classOfPod, POD_CLASSES } from "./pod-class.ts";
import type { PodClass } from "./pod-class.ts";
import { isFinishedPhase, NEVER_US, NO_NODE, NO_POD, formatPhase } from "../identity.ts";
import { PodPhase } from "../identity.ts";
import type { NodeIndex, PodIndex, Uid } from "../identity.ts";
import type { PodChange } from "../changes.ts";
import { CHANGED_DELETION, CHANGED_NODE } from "../change-journal.ts";
import type { PodTable } from "../pod-table.ts";
import type { Violations } from "./violations.ts";

/** What the ledger remembers of a live pod. */
interface LedgerRow {
  readonly uid: Uid;
  phase: PodPhase;
  node: NodeIndex;
  deletionUs: number;
  restarts: number;
  podClass: PodClass;
}

/** Phases that may follow each phase, written out. */
const NEXT_PHASES: Readonly<Record<PodPhase, readonly PodPhase[]>> = {
  [PodPhase.Pending]: [PodPhase.Running, PodPhase.Succeeded, PodPhase.Failed],
  [PodPhase.Running]: [PodPhase.Succeeded, PodPhase.Failed],
  [PodPhase.Succeeded]: [],
  [PodPhase.Failed]: [],
  [PodPhase.Unknown]: [PodPhase.Pending, PodPhase.Running, PodPhase.Succeeded, PodPhase.Failed],
};

/** Classes of pods and their transitions. */
export class PodLedger {
  private readonly pods: PodTable;
  private readonly violations: Violations;
  private readonly rows: (LedgerRow | undefined)[] = [];
  private readonly classCounts: Record<PodClass, number> = {
    pending: 0,
    boundNotStarted: 0,
    running: 0,
    terminating: 0,
    succeeded: 0,
    failed: 0,
    deleted: 0,
  };
  private arrivals = 0;
  private lastUid: Uid = 0;

  constructor(pods: PodTable, violations: Violations) {
    this.pods = pods;
    this.violations = violations;
    pods.forEach((pod) => {
      this.lastUid = Math.max(this.lastUid, pods.uid(pod));
      this.admit(pod, pods.uid(pod), pods.phase(pod), pods.node(pod), pods.deletionUs(pod));
    });
  }

  /** Observes one commit. */
  see(change: PodChange): void {
    const { pod } = change;
    if (change.kind === "Added") this.seeAdded(change);
    else if (change.kind === "Deleted") this.seeDeleted(change);
    else this.seeModified(change);
    const listed = this.pods.exists(pod) ? this.pods.node(pod) : NO_NODE;
    if (this.pods.listedOnNode(pod) !== listed) {
      this.violations.note("I3", `${this.nameOf(pod)} is not on the list of its node`);
    }
  }

  // ---- tests after each event, O(1) ----------------------------------------------------------

  /** I1: created = sum over the classes; and the live classes are what the table counts. */
  testConservation(): string | undefined {
    let sum = 0;
    for (const podClass of POD_CLASSES) sum += this.classCounts[podClass];
    if (sum !== this.arrivals) return `${this.arrivals} pods came, the classes hold ${sum}`;
    const live = sum - this.classCounts.deleted;
    const { count } = this.pods;
    return live === count ? undefined : `the classes hold ${live} live pods, the table ${count}`;
  }

  /** I69: number in system = arrivals - departures. */
  testNumberInSystem(): string | undefined {
    const inSystem = this.arrivals - this.classCounts.deleted;
    const { count } = this.pods;
    if (inSystem === count) return undefined;
    return `${this.arrivals} arrivals - ${this.classCounts.deleted} departures is not ${count}`;
  }

  // ---- tests by full scan ---------------------------------------------------------------------

  /** I1: the classes of all live pods, counted anew. */
  testClassesByScan(): string | undefined {
    const counts = new Map<PodClass, number>();
    this.pods.forEach((pod) => {
      const found = this.classNow(pod);
      counts.set(found, (counts.get(found) ?? 0) + 1);
    });
    for (const podClass of POD_CLASSES) {
      if (podClass === "deleted") continue;
      const counted = counts.get(podClass) ?? 0;
      const kept = this.classCounts[podClass];
      if (counted !== kept) return `${counted} pods are ${podClass}, the ledger holds ${kept}`;
    }
    return undefined;
  }

  /** I3: field to list and list to field, over all pods and nodes. */
  testListsByScan(nodeRowCount: number): string | undefined {
    let wrong: string | undefined;
    let boundCount = 0;
    this.pods.forEach((pod) => {
      const node = this.pods.node(pod);
      if (node !== NO_NODE) boundCount++;
      if (this.pods.listedOnNode(pod) !== node)
        wrong ??= `${this.nameOf(pod)}: field and list differ`;
      if (this.rows[pod]?.node !== node)
        wrong ??= `${this.nameOf(pod)}: node changed without a commit`;
    });
    let listedCount = 0;
    for (let node = 0; node < nodeRowCount; node++) {
      this.pods.forEachOnNode(node as NodeIndex, (pod) => {
        listedCount++;
        if (!this.pods.exists(pod)) wrong ??= "a node lists a pod that is gone";
      });
    }
    if (wrong !== undefined || boundCount === listedCount) return wrong;
    return `${boundCount} pods name a node, the nodes list ${listedCount}`;
  }

  /** I28: no phase moved without a commit. */
  testPhasesByScan(): string | undefined {
    let wrong: string | undefined;
    this.pods.forEach((pod) => {
      if (this.rows[pod]?.phase === this.pods.phase(pod)) return;
      wrong ??= `${this.nameOf(pod)}: phase changed without a commit`;
    });
    return wrong;
  }

  // ---- private --------------------------------------------------------------------------------

  private admit(
    pod: PodIndex,
    uid: Uid,
    phase: PodPhase,
    node: NodeIndex,
    deletionUs: number,
  ): void {
    const podClass = classOfPod(phase, node, deletionUs);
    const restarts = this.pods.restartCount(pod);
    this.rows[pod] = { uid, phase, node, deletionUs, restarts, podClass };
    this.classCounts[podClass]++;
    this.arrivals++;
  }

  private seeAdded(change: PodChange): void {
    const { pod, uid } = change;
    if (uid <= this.lastUid) {
      this.violations.note("I35", `uid ${uid} is not new: ${this.lastUid} was given before`);
    }
    if (this.rows[pod] !== undefined) {
      this.violations.note("I33", "the row of a live pod was given to another");
    }
    this.lastUid = Math.max(this.lastUid, uid);
    this.admit(pod, uid, change.phaseAfter, change.nodeAfter, change.deletionUsAfter);
    if (this.pods.find(this.pods.namespace(pod), this.pods.name(pod)) !== pod) {
      this.violations.note("I33", `${this.nameOf(pod)} is not found by its name`);
    }
  }

  private seeDeleted(change: PodChange): void {
    const { pod } = change;
    const row = this.rowOf(change);
    if (row === undefined) return;
    this.classCounts[row.podClass]--;
    this.classCounts.deleted++;
    this.rows[pod] = undefined;
    const found = this.pods.find(this.pods.namespace(pod), this.pods.name(pod));
    if (this.pods.exists(pod) || found === pod) {
      this.violations.note("I33", `${this.nameOf(pod)} is gone and still in a table`);
    }
  }

  private seeModified(change: PodChange): void {
    const row = this.rowOf(change);
    if (row === undefined) return;
    this.checkPhase(change, row);
    this.checkNode(change, row);
    if (change.mask & CHANGED_DELETION) this.checkDeletion(change, row);
    if (change.restartCountAfter < row.restarts) {
      this.violations.note("I9", `${this.nameOf(change.pod)}: the restart count fell`);
    }
    this.checkOrder(change);
    row.phase = change.phaseAfter;
    row.node = change.nodeAfter;
    row.deletionUs = change.deletionUsAfter;
    row.restarts = change.restartCountAfter;
    this.classCounts[row.podClass]--;
    row.podClass = classOfPod(row.phase, row.node, row.deletionUs);
    this.classCounts[row.podClass]++;
  }

  private checkPhase(change: PodChange, row: LedgerRow): void {
    const { phaseAfter } = change;
    if (phaseAfter === row.phase || NEXT_PHASES[row.phase].includes(phaseAfter)) return;
    const step = `${formatPhase(row.phase)} to ${formatPhase(phaseAfter)}`;
    this.violations.note("I28", `${this.nameOf(change.pod)} went from ${step}`);
  }

  private checkNode(change: PodChange, row: LedgerRow): void {
    if (change.nodeAfter === row.node) return;
    const name = this.nameOf(change.pod);
    if (row.node !== NO_NODE) this.violations.note("I34", `${name} was bound and changed its node`);
    if ((change.mask & CHANGED_NODE) === 0)
      this.violations.note("I34", `${name} moved unannounced`);
    if (change.templateAfter.nodeName !== "") {
      this.violations.note("I45", `${name} has a preset node and was bound by a scheduler`);
    }
  }

  private checkDeletion(change: PodChange, row: LedgerRow): void {
    const name = this.nameOf(change.pod);
    const { deletionUsAfter, deletionGraceSecondsAfter: grace, committedUs } = change;
    if (deletionUsAfter === NEVER_US) {
      this.violations.note("I32", `${name}: a deletion was taken back`);
      return;
    }
    if (row.deletionUs !== NEVER_US) {
      // A shorter grace that is over already ends now, not in the past.
      if (deletionUsAfter > Math.max(row.deletionUs, committedUs)) {
        this.violations.note("I32", `${name}: a later DELETE lengthened the grace`);
      }
      return;
    }
    if (deletionUsAfter !== committedUs + grace * 1_000_000) {
      this.violations.note("I32", `${name}: deletionTimestamp is not request plus grace`);
    }
    const goesAtOnce = row.node === NO_NODE || isFinishedPhase(row.phase) || grace === 0;
    if (goesAtOnce && this.pods.finalizers(change.pod).length === 0) {
      this.violations.note("I32", `${name} should have gone at once`);
    }
  }

  /** I22, the part the API shows: created, bound, accepted by the kubelet, in that order. */
  private checkOrder(change: PodChange): void {
    const { pod } = change;
    const createdUs = this.pods.createdUs(pod);
    const scheduledUs = this.pods.scheduledUs(pod);
    const { startUsAfter } = change;
    if (createdUs < 0 || startUsAfter < NEVER_US) return; // began before time zero
    const isBoundEarly = scheduledUs !== NEVER_US && scheduledUs < createdUs;
    const isStartedEarly =
      startUsAfter !== NEVER_US && (scheduledUs === NEVER_US || startUsAfter < scheduledUs);
    if (isBoundEarly || isStartedEarly) {
      this.violations.note("I22", `${this.nameOf(pod)}: created, bound, started are out of order`);
    }
  }

  private rowOf(change: PodChange): LedgerRow | undefined {
    const row = this.rows[change.pod];
    if (row !== undefined && row.uid === change.uid) return row;
    this.violations.note("I33", `a change of uid ${change.uid}, which no table holds`);
    return undefined;
  }

  private classNow(pod: PodIndex): PodClass {
    const { pods } = this;
    return classOfPod(pods.phase(pod), pods.node(pod), pods.deletionUs(pod));
  }

  private nameOf(pod: PodIndex): string {
    return pod === NO_POD ? "?" : `pod ${this.pods.namespace(pod)}/${this.pods.name(pod)}`;
  }
}
