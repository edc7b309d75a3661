// API requests: from a client's call to the commit and back.
//
// A request waits for a token of its client, travels for apiWrite or apiDelete, commits at
// RANK.api and is answered in the same instant, at the client's rank. Requests in flight are slots
// with a closure each; a slot is free again once it was answered.

import { ZERO_DURATION } from "../../base/index.ts";
import type { Instant } from "../../base/index.ts";
import { RANK } from "../../engine/index.ts";
import type { EventKind, Lane, Rank, Simulation } from "../../engine/index.ts";
import type { ApiResult } from "./api-result.ts";
import { refused } from "./api-result.ts";
import type { ApiWriter } from "./api-writer.ts";
import type { ClientLimit, ControlPlaneLatencies } from "./latencies.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What a request does; it decides how long it travels. */
export type ApiVerb = "create" | "update" | "patch" | "delete";

/** The commit of a request: may call the writer several times, answers once. */
export type ApiCommit = (writer: ApiWriter) => ApiResult;

/** One component's connection to the API server. */
export class ApiClient {
  /** For logs and error messages. */
  readonly name: string;
  /** Rank at which its replies arrive. */
  readonly rank: Rank;
  private readonly bucket: TokenBucket | undefined;

  constructor(name: string, limit: ClientLimit, rank: Rank) {
    this.name = name;
    this.rank = rank;
    this.bucket = limit === "unlimited" ? undefined : new TokenBucket(limit);
  }

  /** Takes the client's next token; the instant at which the request leaves. */
  takeToken(nowUs: Instant): Instant {
    return this.bucket === undefined ? nowUs : this.bucket.take(nowUs);
  }
}

interface RequestSlot {
  client: ApiClient;
  commit: ApiCommit;
  onDone: ((result: ApiResult) => void) | undefined;
  /** A success is nothing to its sender and costs no reply. */
  wantsRefusalsOnly: boolean;
  result: ApiResult | undefined;
}

/** The requests on their way to the API server. */
export class ApiRequests {
  private readonly simulation: Simulation;
  private readonly writer: ApiWriter;
  private readonly latencies: ControlPlaneLatencies;
  private readonly commitKind: EventKind;
  private readonly writeLane: Lane;
  private readonly deleteLane: Lane;
  private readonly replyLanes: (Lane | undefined)[] = []; // by rank
  private readonly slots: (RequestSlot | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  private isAnswering = true;

  constructor(simulation: Simulation, writer: ApiWriter, latencies: ControlPlaneLatencies) {
    this.simulation = simulation;
    this.writer = writer;
    this.latencies = latencies;
    this.commitKind = simulation.defineKind("api request", RANK.api, (slot) => this.commit(slot));
    this.writeLane = simulation.lane(this.commitKind, latencies.apiWrite);
    this.deleteLane = simulation.lane(this.commitKind, latencies.apiDelete);
  }

  /** False while the API server is down: requests that arrive are refused and change nothing. */
  setAnswering(isAnswering: boolean): void {
    this.isAnswering = isAnswering;
  }

  /** Requests on their way or waiting for a token. */
  get inFlight(): number {
    return this.slots.length - this.freeSlots.length;
  }

  send(
    client: ApiClient,
    verb: ApiVerb,
    commit: ApiCommit,
    onDone?: (result: ApiResult) => void,
    wantsRefusalsOnly = false,
  ): void {
    const slot = this.freeSlots.pop() ?? this.slots.length;
    this.slots[slot] = { client, commit, onDone, wantsRefusalsOnly, result: undefined };
    const { nowUs } = this.simulation;
    const leavesUs = client.takeToken(nowUs);
    if (leavesUs === nowUs) {
      (verb === "delete" ? this.deleteLane : this.writeLane).push(slot);
      return;
    }
    const { apiDelete, apiWrite } = this.latencies;
    const travelUs = verb === "delete" ? apiDelete : apiWrite;
    this.simulation.at((leavesUs + travelUs) as Instant, this.commitKind, slot);
  }

  private commit(slot: number): void {
    const request = this.slots[slot]!;
    const result = this.isAnswering
      ? request.commit(this.writer)
      : refused("ServiceUnavailable", "the API server does not answer");
    if (request.onDone === undefined || (result.ok && request.wantsRefusalsOnly)) {
      this.free(slot);
      return;
    }
    request.result = result;
    this.replyLane(request.client.rank).push(slot);
  }

  private reply(slot: number): void {
    const request = this.slots[slot]!;
    this.free(slot);
    request.onDone!(request.result!);
  }

  private free(slot: number): void {
    this.slots[slot] = undefined;
    this.freeSlots.push(slot);
  }

  private replyLane(rank: Rank): Lane {
    let lane = this.replyLanes[rank];
    if (lane === undefined) {
      const kind = this.simulation.defineKind("api reply", rank, (slot) => this.reply(slot));
      lane = this.simulation.lane(kind, ZERO_DURATION);
      this.replyLanes[rank] = lane;
    }
    return lane;
  }
}
