// Kubernetes Events: what components say about objects, for reports and explanations.
//
// Every Event goes straight to whoever listens; nothing is stored and nothing is merged or dropped
// (real recorders merge similar Events and limit their rate). Nobody's decision hangs on them.

import type { Instant } from "../../base/index.ts";
import type { Uid } from "./identity.ts";

/** One Event as its listeners get it. */
export interface KubernetesEvent {
  readonly atUs: Instant;
  readonly type: "Normal" | "Warning";
  /** One word, such as "FailedScheduling". */
  readonly reason: string;
  readonly action: string;
  readonly about: KubernetesEventSubject;
  /** The component that speaks. */
  readonly from: string;
  readonly message: string;
}

/** The object an Event is about. */
export interface KubernetesEventSubject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: Uid;
}

/** An Event to be recorded; the instant is the present. */
export interface NewKubernetesEvent extends Omit<KubernetesEvent, "atUs" | "action"> {
  readonly action?: string;
}

/** Passes Events on; stores none. */
export class KubernetesEvents {
  private listeners: ((event: KubernetesEvent) => void)[] = [];
  private recorded = 0;

  /** Events recorded so far, heard by anyone or not. */
  get count(): number {
    return this.recorded;
  }

  /** False when a text for nobody would be made. */
  get areHeard(): boolean {
    return this.listeners.length > 0;
  }

  /** Adds a listener; the result takes it away again. */
  listen(listener: (event: KubernetesEvent) => void): { stop(): void } {
    this.listeners = [...this.listeners, listener];
    return {
      stop: () => {
        this.listeners = this.listeners.filter((other) => other !== listener);
      },
    };
  }

  record(atUs: Instant, event: NewKubernetesEvent): void {
    this.recorded++;
    if (this.listeners.length === 0) return;
    const { type, reason, action = "", about, from, message } = event;
    const whole: KubernetesEvent = { atUs, type, reason, action, about, from, message };
    for (const listener of this.listeners) listener(whole);
  }
}
