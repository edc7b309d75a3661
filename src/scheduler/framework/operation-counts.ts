// OperationCounts: how much work one scheduler did, in operations that every machine counts alike.
//
// One mutable record of plain numbers per scheduler, kept by its cache; whoever does the work adds to
// it. Milliseconds depend on the machine and its neighbours, these depend on the inputs and the code
// alone, so a regression gate can hold them to a fraction of a percent. Audits do not count, so a run
// counts the same with and without `--check`.

/** Counts over a scheduler's life, warm-up included. */
export interface OperationCounts {
  /** Evaluations of one pod against the cluster. */
  decisions: number;
  /** Nodes whose state an evaluator or a strategy's filter looked at to judge or score a pod. */
  nodesTouched: number;
  /** Calls of PreFilter plugins. */
  preFilterCalls: number;
  /** Calls of Filter plugins; faster evaluators apply most rules to a node they touch without any. */
  filterCalls: number;
  /** Calls of PreScore plugins. */
  preScoreCalls: number;
  /** Scores given, one per Score plugin and node, whichever evaluator works them out. */
  scoreCalls: number;
  /** Calls of AddPod and RemovePod. */
  extensionCalls: number;
  /** Nodes on which preemption tried who would have to go. */
  dryRuns: number;
  /** Views of nodes handed to user code. */
  nodeViews: number;
  /** Entries of the cache's change journal: a pod counted or uncounted, a node added, changed, removed. */
  journalEntries: number;
  /** Journal entries that an index caught up with, one per entry and index. */
  journalReplays: number;
  /** Nodes of search trees and blocks that an index read or wrote. */
  treeSteps: number;
  /** Indexes built from scratch, one per node they cover. */
  rebuiltRows: number;
  /** Pods taken from the active queue. */
  queuePops: number;
  /** Moves of pods into a place of the scheduling queue. */
  queueMoves: number;
  /** Waiting pods that were asked whether an event concerns them. */
  queueHints: number;
}

/** Does something without counting it: lists that only an audit or an explanation reads. */
export function uncounted<T>(operations: OperationCounts, work: () => T): T {
  const before = { ...operations };
  const result = work();
  Object.assign(operations, before);
  return result;
}

/** All zero. */
export function createOperationCounts(): OperationCounts {
  return {
    decisions: 0,
    nodesTouched: 0,
    preFilterCalls: 0,
    filterCalls: 0,
    preScoreCalls: 0,
    scoreCalls: 0,
    extensionCalls: 0,
    dryRuns: 0,
    nodeViews: 0,
    journalEntries: 0,
    journalReplays: 0,
    treeSteps: 0,
    rebuiltRows: 0,
    queuePops: 0,
    queueMoves: 0,
    queueHints: 0,
  };
}
