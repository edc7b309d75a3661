import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  generationOfHandle,
  IdPool,
  idOfHandle,
  NO_HANDLE,
  packHandle,
} from "../../src/base/id-pool.ts";

describe("an id pool", () => {
  it("gives out 0, 1, 2 and then the id released last", () => {
    const pool = new IdPool();
    expect([pool.acquire(), pool.acquire(), pool.acquire()]).toEqual([0, 1, 2]);
    pool.release(0);
    pool.release(2);
    expect([pool.acquire(), pool.acquire(), pool.acquire()]).toEqual([2, 0, 3]);
    expect(pool.idLimit).toBe(4);
    expect(pool.liveCount).toBe(4);
  });

  it("a handle dies with its user and never reaches the next one", () => {
    const pool = new IdPool();
    const first = pool.handleOf(pool.acquire());
    expect(pool.findId(first)).toBe(0);
    pool.release(0);
    expect(pool.isLiveHandle(first)).toBe(false);
    const second = pool.handleOf(pool.acquire());
    expect(pool.findId(second)).toBe(0);
    expect(pool.findId(first)).toBe(-1);
    expect(second).not.toBe(first);
  });

  it("refuses to release what is not in use", () => {
    const pool = new IdPool();
    expect(() => pool.release(0)).toThrow(/not in use/);
    pool.release(pool.acquire());
    expect(() => pool.release(0)).toThrow(/not in use/);
    expect(() => pool.handleOf(0)).toThrow(/not in use/);
    expect(pool.isLiveHandle(NO_HANDLE)).toBe(false);
    expect(pool.isLive(-1)).toBe(false);
  });

  it("retires an id whose generations are used up instead of repeating one", () => {
    const pool = new IdPool();
    const seen = pool.handleOf(pool.acquire());
    pool.release(0);
    let uses = 1;
    while (pool.acquire() === 0) {
      pool.release(0);
      uses++;
    }
    expect(uses).toBe(2 ** 20);
    expect(pool.isLiveHandle(seen)).toBe(false);
    expect(pool.isLive(1)).toBe(true);
  });

  it("packs and unpacks the corners of a handle", () => {
    for (const id of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
      for (const generation of [1, 2, 2 ** 21 - 1]) {
        const handle = packHandle(id, generation);
        expect(Number.isSafeInteger(handle)).toBe(true);
        expect([idOfHandle(handle), generationOfHandle(handle)]).toEqual([id, generation]);
      }
    }
  });

  it("agrees with a plain model under any commands", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 200 }), (commands) => {
        const pool = new IdPool();
        const live = new Map<number, number>();
        const dead: number[] = [];
        const free: number[] = [];
        let next = 0;
        for (const command of commands) {
          if (command < 6 || live.size === 0) {
            const id = pool.acquire();
            expect(id).toBe(free.pop() ?? next++);
            live.set(id, pool.handleOf(id));
          } else {
            const [id, handle] = [...live][command % live.size]!;
            pool.release(id);
            free.push(id);
            live.delete(id);
            dead.push(handle);
          }
          expect(pool.liveCount).toBe(live.size);
          for (const [id, handle] of live) expect(pool.findId(handle)).toBe(id);
          for (const handle of dead) expect(pool.isLiveHandle(handle)).toBe(false);
        }
      }),
    );
  });
});
