// What one machine costs and draws: the price list's word on its pool first, then the pool's own, then the
// list's on its type.
//
// So a list brought along can change what a pool says of itself. Price and power are looked up apart, so that a list may hold prices and pools say what they draw. A
// machine that nobody prices has no price; it is not free.

import type { PriceList, Scenario, ShapeRate } from "../scenario/scenario.ts";

/** Label of a node with the type of its machine. */
const TYPE_LABEL = "node.kubernetes.io/instance-type";

/** Whose price or power is asked for. */
export interface RatedMachine {
  /** Name of its node pool; undefined = none. */
  readonly pool: string | undefined;
  /** Its type of machine; undefined = not said. */
  readonly type: string | undefined;
}

/** Rates of machines under a scenario; prices in millionths of its currency, power in milliwatts. */
export class ShapeRates {
  /** "" where nobody says it. */
  readonly currency: string;
  private readonly prices: PriceList | undefined;
  private readonly pools: ReadonlyMap<string, ShapeRate>;

  constructor({ cluster, prices }: Pick<Scenario, "cluster" | "prices">) {
    this.prices = prices;
    this.currency = prices?.currency ?? "";
    this.pools = new Map(cluster.nodePools.map((pool) => [pool.name, pool]));
  }

  /** Whether anything is priced, and whether any power is known. */
  get known(): { readonly hasPrices: boolean; readonly hasPower: boolean } {
    const all = [...this.pools.values(), ...(this.prices?.shapes.values() ?? [])];
    return {
      hasPrices: all.some(({ pricePerHourMicros }) => pricePerHourMicros !== undefined),
      hasPower: all.some(({ power }) => power !== undefined),
    };
  }

  /** Rate of a machine; a side that nobody names is undefined. */
  of({ pool, type }: RatedMachine): ShapeRate {
    const { shapes } = this.prices ?? { shapes: new Map<string, ShapeRate>() };
    const sources = [
      pool === undefined ? undefined : shapes.get(pool),
      pool === undefined ? undefined : this.pools.get(pool),
      type === undefined ? undefined : shapes.get(type),
    ];
    return {
      pricePerHourMicros: sources.find((one) => one?.pricePerHourMicros !== undefined)
        ?.pricePerHourMicros,
      power: sources.find((one) => one?.power !== undefined)?.power,
    };
  }

  /** Rate of a machine by its node's labels, of which `poolLabel` names the pool. */
  ofLabels(labels: ReadonlyMap<string, string>, poolLabel: string): ShapeRate {
    return this.of({ pool: labels.get(poolLabel), type: labels.get(TYPE_LABEL) });
  }
}
