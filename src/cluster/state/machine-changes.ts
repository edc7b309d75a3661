// Machine changes: what listeners of machines are told, and what can be asked of a process.
//
// The types only; machines.ts makes them.

import type { Instant } from "../../base/index.ts";
import type { NodeIndex, Uid } from "./identity.ts";

/** What happened to a machine. */
export type MachineChangeKind =
  | "installed"
  | "removed"
  | "powerOff"
  | "powerOn"
  | "networkParted"
  | "networkJoined"
  | "kubeletStopped"
  | "kubeletStarted"
  | "diskFilled"
  | "slowed"
  | "shuttingDown";

/** A change of one machine. */
export interface MachineChange {
  readonly kind: MachineChangeKind;
  readonly node: NodeIndex;
  readonly atUs: Instant;
}

/** What happened to a process. */
export interface ProcessChange {
  readonly kind: "started" | "exited";
  readonly node: NodeIndex;
  readonly podUid: Uid;
  /** Position of the container in the pod, from 0. */
  readonly container: number;
  /** With "exited": 137 for a process that lost its machine's power. */
  readonly exitCode: number;
  /** With "exited": somebody or something else ended it, with its pod or its machine. */
  readonly isCutShort: boolean;
  readonly atUs: Instant;
}

/** A process that was ended with its pod or its machine, before its own end. */
export interface ProcessCut {
  readonly node: NodeIndex;
  readonly podUid: Uid;
  readonly container: number;
  readonly startedUs: number;
}

/** Who wants to know; either callback may be missing. */
export interface MachineListener {
  /** Told at RANK.machine of the same instant. */
  readonly onMachine?: (change: MachineChange) => void;
  readonly onProcess?: (change: ProcessChange) => void;
  /** Observers only: the few ends that are cuts, so that measuring them costs others nothing. */
  readonly onCut?: (cut: ProcessCut) => void;
}

/** Where a process stands. */
export type ProcessState = "starting" | "running" | "exited";

/** A container's process on a machine. */
export interface Process {
  readonly container: number;
  readonly state: ProcessState;
  readonly startedUs: number;
  readonly exitedUs: number;
  readonly exitCode: number;
}

/** Exit code of a process that was killed, by SIGKILL or with its machine. */
export const EXIT_KILLED = 137;
