// ComparedVictims: a finder whose every answer is held against the dry run.
//
// For evaluators that are compared with the plain one: what a fast one knows of victims is compared on
// every node it is asked about.

import type { NodeRow } from "../cache/node-row.ts";
import { podKey } from "../framework/pod-info.ts";
import { formatCode, type Status } from "../framework/status.ts";
import type { PreemptionCandidate } from "./candidate.ts";
import { type DryRunContext, NO_VICTIMS, selectVictims } from "./dry-run.ts";
import type { VictimFinder } from "./victim-finder.ts";

type Answer = PreemptionCandidate | Status;

/** Told what both say where they differ. */
export type VictimDifference = (node: string, byDryRun: string, byFinder: string) => void;

/** Answers as the finder does. */
export class ComparedVictims implements VictimFinder {
  private readonly finder: VictimFinder;
  private readonly onDifference: VictimDifference;

  constructor(finder: VictimFinder, onDifference: VictimDifference) {
    this.finder = finder;
    this.onDifference = onDifference;
  }

  /** Never, so that every node is asked about. */
  isVain(context: DryRunContext): false {
    if (!this.finder.isVain(context)) return false;
    for (const row of context.cache.nodeList) {
      const found = selectVictims(context, row);
      if (found !== NO_VICTIMS) this.compare(context, row, NO_VICTIMS, found);
    }
    return false;
  }

  find(context: DryRunContext, row: NodeRow): Answer | undefined {
    const answer = this.finder.find(context, row);
    if (answer !== undefined) this.compare(context, row, answer, selectVictims(context, row));
    return answer;
  }

  private compare({ cache }: DryRunContext, row: NodeRow, answer: Answer, wanted: Answer): void {
    const [byFinder, byDryRun] = [textOf(answer), textOf(wanted)];
    if (byFinder !== byDryRun) this.onDifference(cache.nodeName(row), byDryRun, byFinder);
  }
}

function textOf(answer: Answer): string {
  if (!("victims" in answer)) {
    const { code, plugin, reasons } = answer;
    return `${formatCode(code)} ${plugin} ${reasons.join(" | ")}`;
  }
  const { victims, budgetViolations } = answer;
  return `victims ${victims.map(podKey).join(", ")}, ${budgetViolations} budgets broken`;
}
