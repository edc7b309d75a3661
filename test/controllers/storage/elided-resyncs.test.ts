// Resyncs of the volume binder that are left out would have changed nothing: a twin in which each of
// them is a real event, for every claim and every volume, makes the same API changes.

import { describe, expect, it } from "vitest";
import {
  EntityDraws,
  entityHash,
  type Instant,
  streamName,
  ZERO_DURATION,
} from "../../../src/base/index.ts";
import { LATENCIES_KUBERNETES_1_36 } from "../../../src/cluster/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import { claim, storageClass, volume } from "../../scheduler/plugins/volumes/storage-objects.ts";
import { createRig, type Json, type Rig } from "../rig.ts";
import { ClaimBinder } from "../../../src/controllers/storage/claim-binder.ts";

/** Looks take no time: what a look at a bound claim would take is left out with it. */
const LATENCIES = { ...LATENCIES_KUBERNETES_1_36, syncCost: ZERO_DURATION };
const SEEDS = 30;
const END_S = 120;

/** What a twin reaches into. */
interface Binder {
  armResync(): void;
  grid(): { after(us: number): number };
  claims: { add(uid: number): void };
  volumes: { add(uid: number): void };
  isResyncArmed: boolean;
}

/** Every resync happens and looks at everything. */
function withEveryResync(rig: Rig, count: () => void): void {
  const prototype = ClaimBinder.prototype as unknown as Binder;
  const plan = function (this: Binder): void {
    if (this.isResyncArmed) return;
    this.isResyncArmed = true;
    const atUs = this.grid().after(rig.sim.nowUs) as Instant;
    rig.sim.callAt(atUs, RANK.controller, "twin resync", () => {
      count();
      this.isResyncArmed = false;
      rig.api.objects.forEach("PersistentVolume", ({ uid }) => this.volumes.add(uid));
      rig.api.objects.forEach("PersistentVolumeClaim", ({ uid }) => this.claims.add(uid));
      this.armResync();
    });
  };
  prototype.armResync = plan;
}

function live(seed: string, isTwin: boolean): { readonly hash: string; readonly resyncs: number } {
  const prototype = ClaimBinder.prototype as unknown as Binder;
  const original = prototype.armResync;
  let resyncs = 0;
  try {
    const rig = createRig({ seed, binds: false, nodes: 2, latencies: LATENCIES });
    if (isTwin) {
      withEveryResync(rig, () => {
        resyncs++;
      });
    }
    const draws = new EntityDraws(streamName(seed, 0, "elided resyncs"));
    let index = 0;
    const below = (limit: number): number =>
      Math.floor(draws.unit(entityHash("resyncs", 0), index++) * limit);
    const makers: readonly ((k: number) => Json)[] = [
      (k) => ({ ...volume(`v${k}`, { capacity: { storage: `${5 + below(20)}Gi` } }), status: {} }),
      (k) => claim(`c${k}`, { spec: { storageClassName: below(2) === 0 ? "" : "slow" } }),
      (k) => claim(`d${k}`, { spec: { storageClassName: "now" } }),
      (k) => storageClass(["slow", "now"][below(2)] ?? "", { metadata: { name: `class${k}` } }),
    ];
    for (let k = 0; k < 12; k++) {
      rig.runFor(1 + below(8));
      rig.apply(makers[below(makers.length)]!(k));
    }
    rig.runUntil(END_S);
    return { hash: rig.api.fingerprint.hex(), resyncs };
  } finally {
    prototype.armResync = original;
  }
}

describe("resyncs of the volume binder", () => {
  it("that find no waiting claim would have changed nothing", () => {
    let extra = 0;
    for (let k = 1; k <= SEEDS; k++) {
      const seed = String(k);
      const twin = live(seed, true);
      expect(twin.hash, `seed ${seed}`).toBe(live(seed, false).hash);
      extra += twin.resyncs;
    }
    expect(extra).toBeGreaterThan(SEEDS);
  });
});
