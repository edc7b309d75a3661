// SchedulerConfiguration: a KubeSchedulerConfiguration after reading, merging and expansion.
//
// Per profile the effective plugin list of every extension point is written out, so nothing later
// needs to know about MultiPoint, "*" or defaults.

import type { ExtensionPoint } from "./plugin.ts";

/** A plugin at an extension point; the weight counts only for score. */
export interface EnabledPlugin {
  readonly name: string;
  readonly weight: number;
}

/** One profile, expanded. */
export interface ProfileConfiguration {
  readonly schedulerName: string;
  /** Wins over the global one; 0 means adaptive; absent: the global one counts. */
  readonly percentageOfNodesToScore?: number;
  readonly plugins: Readonly<Record<ExtensionPoint, readonly EnabledPlugin[]>>;
  /** Decoded arguments by plugin name, for every enabled plugin that takes any. */
  readonly args: ReadonlyMap<string, unknown>;
}

/** The whole configuration. */
export interface SchedulerConfiguration {
  readonly parallelism: number;
  /** 0 means adaptive (5 to 50 % depending on the node count). */
  readonly percentageOfNodesToScore: number;
  readonly podInitialBackoffSeconds: number;
  readonly podMaxBackoffSeconds: number;
  readonly clientQps: number;
  readonly clientBurst: number;
  readonly profiles: readonly ProfileConfiguration[];
  /** URL prefixes of extenders: never contacted, reported as not simulated. */
  readonly extenders: readonly string[];
}
