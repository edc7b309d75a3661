// The contract of a fault kind: one file that says what its plan items look like and what they do.
//
// A kind acts through the ledger and the clock alone, and draws only keyed numbers, so that another
// fault, another scheduler or another node never moves its instants.

import { duration, type EntityDraws, type Instant } from "../base/index.ts";
import { type ApiServer, type NodeIndex, ZONE_LABEL } from "../cluster/index.ts";
import { RANK, type Simulation } from "../engine/index.ts";
import type { FaultEffect, FaultLedger } from "./fault-ledger.ts";

/** What a fault kind is given: the clock, the API to look things up, and machines to hold. All times are microseconds. */
export class FaultContext {
  readonly sim: Simulation;
  readonly api: ApiServer;
  readonly ledger: FaultLedger;
  /** Keyed random numbers of a purpose: `draws("mine").unit(entity, index)` lies between 0 and 1. */
  readonly draws: (purpose: string) => EntityDraws;

  constructor(
    sim: Simulation,
    api: ApiServer,
    ledger: FaultLedger,
    draws: (purpose: string) => EntityDraws,
  ) {
    this.sim = sim;
    this.api = api;
    this.ledger = ledger;
    this.draws = draws;
  }

  /**
   * Calls back when a fault of the plan begins; instants that have passed begin now. Faults that
   * recur without end are in the background: they do not keep "run until drained" going.
   */
  beginAt(atUs: number, label: string, begin: () => void, isEndless = false): void {
    const at = Math.max(atUs, this.sim.nowUs) as Instant;
    this.sim.callAt(at, RANK.faultBegin, label, begin, { background: isEndless });
  }

  /** Calls back when a fault ends. */
  endAfter(delayUs: number, label: string, end: () => void): void {
    this.sim.callAfter(duration(delayUs), RANK.faultEnd, label, end);
  }

  /** Nodes of a zone, by the zone label of their objects, as of now. */
  nodesOfZone(zone: string): readonly NodeIndex[] {
    const { nodes } = this.api;
    return nodes
      .collectExisting()
      .filter((node) => nodes.facts(node).meta.labels.get(ZONE_LABEL) === zone);
  }

  /**
   * Holds several nodes for a time, all from one instant on; undefined = for ever. `strength` is how
   * slow (percent) or how full (bytes), for the effects that know degrees.
   */
  hold(
    nodes: readonly NodeIndex[],
    effect: FaultEffect,
    cause: string,
    forUs: number | undefined,
    strength = 1,
  ): void {
    const held = nodes.filter((node) => this.ledger.begin(node, effect, cause, strength));
    if (forUs === undefined) return;
    this.endAfter(forUs, `${cause} ends`, () => {
      for (const node of held) this.ledger.end(node, effect, cause);
    });
  }
}

/** One kind of fault. `start` is called once per item of the plan, at the beginning of the run. */
export interface FaultKind<Item extends { readonly kind: string }> {
  readonly kind: Item["kind"];
  /** @param position place of the item in the plan, for names of causes and draws. */
  readonly start: (item: Item, position: number, context: FaultContext) => void;
}
