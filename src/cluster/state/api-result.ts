// API results: what a request is answered. A refusal is an everyday outcome and so a value.
//
// Only wrong use of podsim itself is an exception. Messages follow the API server's wording.

import type { NodeIndex, PodIndex, Uid } from "./identity.ts";

/** Why a request was refused, as the API's status reason spells it. */
export type ApiRefusalReason =
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Invalid"
  | "Forbidden"
  | "TooManyRequests"
  | "InternalError"
  | "ServiceUnavailable";

/** A request that was refused; nothing has changed. */
export interface ApiRefusal {
  readonly ok: false;
  readonly reason: ApiRefusalReason;
  readonly message: string;
  /** With TooManyRequests: when to try again. */
  readonly retryAfterSeconds?: number;
}

/** A request that was carried out. */
export interface ApiSuccess {
  readonly ok: true;
  /** False for a request that changed nothing: no new version, nothing announced. */
  readonly changed: boolean;
  /** The pod or node created or changed, where the request was about one. */
  readonly pod?: PodIndex;
  readonly node?: NodeIndex;
  /** Uid of the object created or changed. */
  readonly uid?: Uid;
}

/** The answer to a request. */
export type ApiResult = ApiSuccess | ApiRefusal;

/** Something changed. */
export const CHANGED: ApiSuccess = Object.freeze({ ok: true, changed: true });
/** The request was fine and left everything as it was. */
export const UNCHANGED: ApiSuccess = Object.freeze({ ok: true, changed: false });

/** A refusal with its text. */
export function refused(reason: ApiRefusalReason, message: string): ApiRefusal {
  return { ok: false, reason, message };
}

const HTTP_CODES: Readonly<Record<ApiRefusalReason, number>> = {
  NotFound: 404,
  AlreadyExists: 409,
  Conflict: 409,
  Invalid: 422,
  Forbidden: 403,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
};

/** The HTTP status code that Kubernetes would answer. */
export function httpCodeOf(refusal: ApiRefusal): number {
  return HTTP_CODES[refusal.reason];
}
