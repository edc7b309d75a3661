import { describe, expect, it } from "vitest";
import { httpCodeOf, LATENCIES_KUBERNETES_1_36, TokenBucket } from "../../../src/cluster/index.ts";
import { LATENCY_PRESETS } from "../../../src/cluster/index.ts";
import { durationFromSeconds, instant } from "../../../src/base/index.ts";
import { RANK } from "../../../src/engine/index.ts";
import type { Rank } from "../../../src/engine/index.ts";
import type { ApiCommit } from "../../../src/cluster/state/api-requests.ts";
import { createWorld } from "./fixture.ts";

describe("token bucket", () => {
  it("starts full, then gives one token per interval, first come first served", () => {
    const bucket = new TokenBucket({ qps: 20, burst: 3 });
    const taken = [0, 0, 0, 0, 0, 0].map((at) => bucket.take(instant(at)));
    expect(taken).toEqual([0, 0, 0, 50_000, 100_000, 150_000]);
  });

  it("saves up to its burst and no more", () => {
    const bucket = new TokenBucket({ qps: 50, burst: 2 });
    for (let k = 0; k < 4; k++) bucket.take(instant(0));
    const later = instant(durationFromSeconds(3_600));
    expect([1, 2, 3].map(() => bucket.take(later))).toEqual([later, later, later + 20_000]);
  });

  it("is exact for rates whose interval is no whole number of microseconds", () => {
    const bucket = new TokenBucket({ qps: 30, burst: 1 });
    const taken = Array.from({ length: 31 }, () => bucket.take(instant(0)));
    expect(taken[30]).toBe(1_000_000);
    expect(taken[1]).toBe(33_334); // rounded up: never a token too early
  });

  it("agrees with a plain count of tokens in thousandths, whenever it is asked", () => {
    for (const [qps, burst] of [
      [20, 30],
      [0.1, 1],
      [7.5, 4],
    ] as const) {
      const bucket = new TokenBucket({ qps, burst });
      let free = 0; // instant of the next token if none is saved, by the recurrence of the GCRA
      let now = 0;
      for (let k = 0; k < 400; k++) {
        now += (k * 7_919) % 90_001;
        const intervalUs = 1_000_000 / qps;
        const earliest = Math.max(now, free - (burst - 1) * intervalUs);
        const leaves = bucket.take(instant(now));
        expect(leaves).toBeGreaterThanOrEqual(earliest - 1e-3);
        expect(leaves).toBeLessThan(earliest + 1 + 1e-3);
        free = Math.max(free, now) + intervalUs;
      }
    }
  });
});

describe("requests", () => {
  it.each([
    ["create", 3_000],
    ["update", 3_000],
    ["patch", 3_000],
    ["delete", 6_000],
  ] as const)("a %s commits and is answered after %i us", (verb, expectedUs) => {
    const world = createWorld(LATENCIES_KUBERNETES_1_36);
    let committedUs = -1;
    let answeredUs = -1;
    world.api.request(
      world.client,
      verb,
      () => {
        committedUs = world.simulation.nowUs;
        return { ok: true, changed: false };
      },
      () => {
        answeredUs = world.simulation.nowUs;
      },
    );
    expect(world.api.requestsInFlight).toBe(1);
    world.simulation.runUntilDrained();
    expect([committedUs, answeredUs]).toEqual([expectedUs, expectedUs]);
    expect(world.api.requestsInFlight).toBe(0);
  });

  it("answers at the rank of the client, after the watch when that comes first", () => {
    const world = createWorld();
    const order: string[] = [];
    world.api.watch({ name: "w", onPod: () => order.push("watch") });
    const ask = (name: string, rank: Rank) => {
      const client = world.api.client(name, { limit: "unlimited", rank });
      world.api.request(
        client,
        "create",
        (w) => w.createPod({ namespace: "default", name, template: world.template() }),
        () => order.push(name),
      );
    };
    ask("scheduler", RANK.scheduler);
    ask("kubelet", RANK.kubelet);
    world.simulation.runUntilDrained();
    expect(order).toEqual(["kubelet", "watch", "watch", "scheduler"]);
  });

  it("a burst beyond the bucket leaves at the client's rate: 300 creations last 13.5 s", () => {
    const world = createWorld(LATENCIES_KUBERNETES_1_36);
    const client = world.api.client("rs", {
      limit: LATENCIES_KUBERNETES_1_36.controllerClient,
      rank: RANK.controller,
    });
    const createdUs: number[] = [];
    for (let k = 0; k < 300; k++) {
      world.api.request(client, "create", () => {
        createdUs.push(world.simulation.nowUs);
        return { ok: true, changed: true };
      });
    }
    world.simulation.runUntilDrained();
    expect(createdUs.filter((at) => at <= 3_000)).toHaveLength(30);
    expect(createdUs.at(-1)).toBe(13_500_000 + 3_000);
  });

  it("each client has a bucket of its own", () => {
    const world = createWorld();
    const limit = { qps: 1, burst: 1 };
    const times: number[] = [];
    for (const name of ["a", "b"]) {
      const client = world.api.client(name, { limit, rank: RANK.kubelet });
      world.api.request(client, "patch", () => {
        times.push(world.simulation.nowUs);
        return { ok: true, changed: false };
      });
    }
    world.simulation.runUntilDrained();
    expect(times).toEqual([0, 0]);
  });

  it("are refused while the API server does not answer, and change nothing", () => {
    const world = createWorld();
    world.api.setAnswering(false);
    const create = () =>
      world.ask("create", (writer) =>
        writer.createPod({ namespace: "default", name: "a", template: world.template() }),
      );
    const refusal = create();
    expect(refusal).toMatchObject({ ok: false, reason: "ServiceUnavailable" });
    expect(refusal.ok ? 0 : httpCodeOf(refusal)).toBe(503);
    expect(world.api.pods.count).toBe(0);
    world.api.setAnswering(true);
    expect(create().ok).toBe(true);
  });

  it("the presets of a scenario are these two", () => {
    expect([...LATENCY_PRESETS.keys()]).toEqual(["instant", "kubernetes-1.36"]);
  });
});

describe("fingerprint", () => {
  const run = (name: string, more: boolean): string => {
    const world = createWorld();
    const node = world.addNode("n1");
    const { pod, uid } = world.createPod(name);
    if (more) world.ask("create", (writer) => writer.bindPod(pod, uid, node));
    return world.api.fingerprint.hex();
  };

  it("is the same for the same commits and differs for another name or one commit more", () => {
    expect(run("a", true)).toBe(run("a", true));
    expect(run("a", true)).not.toBe(run("b", true));
    expect(run("a", true)).not.toBe(run("a", false));
  });
});

describe("a request that wants to hear of refusals only", () => {
  it("costs no event when it succeeds, and is answered when it does not", () => {
    const world = createWorld();
    const { api, client, simulation } = world;
    const node = world.addNode("n1");
    const { pod, uid } = world.createPod("a");
    const heard: boolean[] = [];
    const send = (wantsRefusalsOnly: boolean, wrongUid = 0): void => {
      const commit: ApiCommit = (writer) => writer.bindPod(pod, uid + wrongUid, node);
      api.request(client, "create", commit, (result) => heard.push(result.ok), wantsRefusalsOnly);
      simulation.runUntilDrained();
    };
    const before = simulation.stats.fired;
    send(true);
    expect(simulation.stats.fired - before).toBe(1);
    expect(heard).toEqual([]);
    send(true, 1);
    expect(heard).toEqual([false]);
    expect(api.requestsInFlight).toBe(0);
  });
});
