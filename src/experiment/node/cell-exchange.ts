// What travels through Redis besides jobs: inputs of points to workers, results of cells back.
//
// Redis may forget all of it at any time. Nothing here is the truth: the coordinator has the inputs and
// the store has the results, and what is missing is sent again. Keys live a week.

import type { RedisClient } from "./redis-client.ts";

const KEY_LIFE_S = 7 * 24 * 3600;
const TAKEN_AT_ONCE = 100;

/** What a worker says of a cell. */
export type CellReport =
  | { readonly hash: string; readonly text: string; readonly notes: string }
  | { readonly hash: string; readonly failed: unknown };

/** Reads and writes the keys of podsim. */
export class CellExchange {
  private readonly client: RedisClient;

  constructor(client: RedisClient) {
    this.client = client;
  }

  /** Leaves a text under a content hash. */
  async put(kind: "point" | "files", hash: string, text: string): Promise<void> {
    await this.client.set(keyOf(kind, hash), text, "EX", KEY_LIFE_S);
  }

  /** Such a text; undefined if Redis has none. */
  async get(kind: "point" | "files", hash: string): Promise<string | undefined> {
    return (await this.client.get(keyOf(kind, hash))) ?? undefined;
  }

  /** Hands a result to the coordinator of a study. */
  async report(study: string, report: CellReport): Promise<void> {
    const key = keyOf("reports", study);
    await this.client.rpush(key, JSON.stringify(report));
    await this.client.expire(key, KEY_LIFE_S);
  }

  /** Reports that wait, the oldest first; they stay until `drop`. */
  async waiting(study: string): Promise<CellReport[]> {
    const texts = await this.client.lrange(keyOf("reports", study), 0, TAKEN_AT_ONCE - 1);
    return texts.map((text) => JSON.parse(text) as CellReport);
  }

  /** Forgets so many of the oldest reports. */
  async drop(study: string, count: number): Promise<void> {
    await this.client.ltrim(keyOf("reports", study), count, -1);
  }

  /** Counts a beginning of a cell; how many there were, this one included. */
  async begin(hash: string): Promise<number> {
    const key = keyOf("tries", hash);
    const count = await this.client.incr(key);
    await this.client.expire(key, KEY_LIFE_S);
    return count;
  }

  /** A cell is done: its beginnings no longer count. */
  async end(hash: string): Promise<void> {
    await this.client.del(keyOf("tries", hash));
  }
}

function keyOf(kind: "point" | "files" | "reports" | "tries", id: string): string {
  return `podsim:${kind}:${id}`;
}
