// The connection to Redis: the only importer of `ioredis`, an optional peer that is loaded when asked for.
//
// Commands wait while the connection is away, because a queue outlives a restart of its Redis; who does
// not want to wait for ever watches `isReady`.

import type { Redis } from "ioredis";

/** The queue cannot be used: a package is missing, or Redis does not answer. */
export class RemoteError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "RemoteError";
  }
}

/** A connection, as the queue package takes it. */
export type RedisClient = Redis;

const CONNECT_MS = 5_000;
const RETRY_MS_MAX = 1_000;

/** Connects; throws a RemoteError if the package is missing or nothing answers within five seconds. */
export async function connectRedis(url: string): Promise<RedisClient> {
  const { Redis: Client } = await loadPeer("ioredis", () => import("ioredis"));
  if (!/^rediss?:\/\/./.test(url))
    throw new RemoteError(`'${url}' is no address of a Redis: write redis://127.0.0.1:6379`);
  const client = new Client(url, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    retryStrategy: (times) => Math.min(50 * times, RETRY_MS_MAX),
  });
  let reason = "no answer";
  client.on("error", (error: Error) => {
    reason = error.message || ((error as NodeJS.ErrnoException).code ?? reason);
  });
  void client.connect().catch(() => undefined);
  const isThere = await within(CONNECT_MS, client.ping());
  if (isThere !== undefined) return client;
  client.disconnect();
  throw new RemoteError(`cannot reach Redis at ${withoutSecret(url)}: ${reason}`);
}

/** Whether commands go through at once. */
export function isReady(client: RedisClient): boolean {
  return client.status === "ready";
}

/** The answer, or undefined if it takes longer. */
export async function within<Answer>(
  ms: number,
  answer: Promise<Answer>,
): Promise<Answer | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Imports an optional package; a RemoteError says how to install it. */
export async function loadPeer<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new RemoteError(
      `a queue needs the package ${name}: npm install bullmq@6 ioredis@6 (beside podsim)`,
      error,
    );
  }
}

function withoutSecret(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//");
}
