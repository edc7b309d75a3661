// Event kinds: what can happen, each with its rank and its handler.
//
// Dispatch is one lookup in an array by kind, so a pending event needs no closure. Names are for
// logs and error messages only; two kinds may share one.

import { assert } from "../base/index.ts";
import { orderBaseOf } from "./event-order.ts";
import { RANK_COUNT } from "./rank.ts";
import type { Rank } from "./rank.ts";

/** Kinds are stored in 16 bits. */
const KIND_COUNT_MAX = 65_536;

declare const eventKindBrand: unique symbol;

/** Index of an event kind of one simulation. */
export type EventKind = number & { readonly [eventKindBrand]: true };

/** Runs when an event of a kind fires, with the event's two payload integers (32 bits, signed). */
export type EventHandler = (a: number, b: number) => void;

/** All kinds of one simulation, as parallel arrays indexed by kind. */
export class EventKindTable {
  readonly names: string[] = [];
  readonly handlers: EventHandler[] = [];
  /** Order number (rank part) per kind; see event-order.ts. */
  readonly orderBases: number[] = [];
  /** Events of this kind that fired. */
  readonly fired: number[] = [];
  /** 1 for kinds that keep "run until drained" going, 0 for background kinds. */
  readonly foreground: number[] = [];

  define(name: string, rank: Rank, handler: EventHandler, background: boolean): EventKind {
    assert(
      Number.isInteger(rank) && rank >= 0 && rank < RANK_COUNT,
      `Event kind "${name}" has rank ${rank}; ranks are 0 to ${RANK_COUNT - 1}.`,
    );
    assert(
      this.names.length < KIND_COUNT_MAX,
      `Event kind "${name}" is one too many; labels of calls must not name single objects.`,
    );
    this.names.push(name);
    this.handlers.push(handler);
    this.orderBases.push(orderBaseOf(rank));
    this.fired.push(0);
    this.foreground.push(background ? 0 : 1);
    return (this.names.length - 1) as EventKind;
  }

  /** Asserts that the kind was defined here. */
  check(kind: EventKind): void {
    assert(
      kind >= 0 && kind < this.names.length,
      `Event kind ${kind} was not defined in this simulation.`,
    );
  }
}
