import { describe, expect, it } from "vitest";
import {
  type Endpoint,
  type ExistingSlice,
  packChanges,
  packEndpoints,
  portsKey,
} from "../../src/controllers/endpoint-packing.ts";

const HTTP = [{ name: "http", port: 80, protocol: "TCP" }];

const endpoint = (podUid: number, more: Partial<Endpoint> = {}): Endpoint => ({
  podUid,
  podName: `p${podUid}`,
  address: "",
  nodeName: "n1",
  zone: "z1",
  ready: true,
  serving: true,
  terminating: false,
  zoneHint: "",
  nodeHint: "",
  ...more,
});

const endpoints = (from: number, to: number): Endpoint[] =>
  Array.from({ length: to - from + 1 }, (_, k) => endpoint(from + k));

const slice = (key: string, from: number, to: number): ExistingSlice<string> => ({
  key,
  content: { ports: HTTP, endpoints: endpoints(from, to) },
});

/** Writes by key, as ranges of pod uids. */
function pack(wanted: Endpoint[], existing: ExistingSlice<string>[], perSlice = 10) {
  const groups = wanted.length === 0 ? [] : [{ ports: HTTP, endpoints: wanted }];
  const { create, update, remove } = packEndpoints(groups, existing, perSlice);
  const uids = (content: { endpoints: readonly Endpoint[] }): number[] =>
    content.endpoints.map(({ podUid }) => podUid);
  return {
    create: create.map(uids),
    update: Object.fromEntries(update.map(({ key, content }) => [key, uids(content)])),
    remove,
  };
}

describe("packing of endpoints into slices", () => {
  it("a Service without endpoints has one empty slice, and keeps it", () => {
    expect(pack([], [])).toEqual({ create: [[]], update: {}, remove: [] });
    const empty = { key: "a", content: { ports: [], endpoints: [] } };
    expect(pack([], [empty])).toEqual({ create: [], update: {}, remove: [] });
  });

  it("the empty slice is rewritten by the first endpoints", () => {
    const empty = { key: "a", content: { ports: [], endpoints: [] } };
    expect(pack(endpoints(1, 2), [empty])).toEqual({
      create: [],
      update: { a: [1, 2] },
      remove: [],
    });
  });

  it("a complete change of endpoints is one write", () => {
    expect(pack(endpoints(7, 12), [slice("a", 1, 6)])).toEqual({
      create: [],
      update: { a: [7, 8, 9, 10, 11, 12] },
      remove: [],
    });
  });

  it("nothing is written when nothing changed", () => {
    expect(pack(endpoints(1, 6), [slice("a", 1, 6)])).toEqual({
      create: [],
      update: {},
      remove: [],
    });
  });

  it("new endpoints go first into slices that are written anyway, the fullest first", () => {
    const existing = [slice("a", 1, 5), slice("b", 11, 19), slice("c", 21, 25)];
    const wanted = [...endpoints(1, 4), ...endpoints(11, 18), ...endpoints(21, 25), endpoint(30)];
    expect(pack([...wanted, endpoint(31), endpoint(32)], existing)).toEqual({
      create: [],
      update: { a: [1, 2, 3, 4, 32], b: [11, 12, 13, 14, 15, 16, 17, 18, 30, 31] },
      remove: [],
    });
  });

  it("then into the one untouched slice that they fill best", () => {
    const existing = [slice("a", 1, 5), slice("b", 11, 18), slice("c", 21, 30)];
    const wanted = [...endpoints(1, 5), ...endpoints(11, 18), ...endpoints(21, 30)];
    expect(pack([...wanted, ...endpoints(41, 42)], existing)).toEqual({
      create: [],
      update: { b: [11, 12, 13, 14, 15, 16, 17, 18, 41, 42] },
      remove: [],
    });
  });

  it("then into new slices, full ones and the rest", () => {
    expect(pack(endpoints(1, 25), []).create.map((uids) => uids.length)).toEqual([10, 10, 5]);
  });

  it("slices of ports that nobody has any more go", () => {
    const old = {
      key: "a",
      content: { ports: [{ name: "", port: 9, protocol: "TCP" }], endpoints: endpoints(1, 2) },
    };
    const kept = slice("b", 1, 2);
    expect(pack(endpoints(1, 2), [old, kept])).toEqual({ create: [], update: {}, remove: ["a"] });
  });

  it("the key of ports does not depend on their order", () => {
    const other = { name: "dns", port: 53, protocol: "UDP" };
    expect(portsKey([...HTTP, other])).toBe(portsKey([other, ...HTTP]));
  });

  it("property: every wanted endpoint ends up in exactly one slice, none is overfull", () => {
    let state = 7;
    const next = (bound: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % bound;
    };
    let slices: { key: number; content: { ports: typeof HTTP; endpoints: readonly Endpoint[] } }[] =
      [];
    let keys = 0;
    for (let round = 0; round < 300; round++) {
      const wanted = Array.from({ length: 60 }, (_, k) =>
        endpoint(k, { ready: next(4) > 0 }),
      ).filter(() => next(10) < 7);
      const groups = wanted.length === 0 ? [] : [{ ports: HTTP, endpoints: wanted }];
      const writes = packEndpoints(groups, slices, 8);
      // From the changes alone the same is written.
      const before = new Map(
        slices.flatMap(({ content }) => content.endpoints.map((one) => [one.podUid, one] as const)),
      );
      const now = new Map(wanted.map((one) => [one.podUid, one]));
      const changed = new Map<number, Endpoint | undefined>();
      for (const uid of [...now.keys(), ...before.keys()]) {
        if (JSON.stringify(before.get(uid)) !== JSON.stringify(now.get(uid)) || next(5) === 0) {
          changed.set(uid, now.get(uid));
        }
      }
      const fromChanges = packChanges(HTTP, changed, slices, 8);
      if (slices.length > 0 && wanted.length > 0) {
        expect(fromChanges, `seed 7, round ${round}`).toEqual(writes);
      }
      const updated = new Map(writes.update.map(({ key, content }) => [key, content]));
      slices = slices
        .filter(({ key }) => !writes.remove.includes(key))
        .map((one) => ({ ...one, content: (updated.get(one.key) ?? one.content) as never }));
      for (const content of writes.create) slices.push({ key: keys++, content: content as never });
      const held = slices.flatMap(({ content }) => content.endpoints);
      const sorted = (list: readonly Endpoint[]) => [...list].sort((a, b) => a.podUid - b.podUid);
      expect(sorted(held), `seed 7, round ${round}`).toEqual(sorted(wanted));
      expect(slices.every(({ content }) => content.endpoints.length <= 8)).toBe(true);
    }
  });
});
