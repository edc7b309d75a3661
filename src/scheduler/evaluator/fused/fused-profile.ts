// FusedProfile: what the fused evaluator knows of a profile's plugins.
//
// Plugins of the default list whose rules are written out for the fused pass are told from all others
// (volumes, devices, a user's own), which are called as they are, at their place in the order. A
// profile in which a plugin lacks the step before it is left to the plain evaluator.

import type { FilterPlugin, Plugin, PreFilterPlugin, ScorePlugin } from "../../framework/plugin.ts";
import type { PodInfo } from "../../framework/pod-info.ts";
import type { Profile } from "../../framework/profile.ts";
import type { Status } from "../../framework/status.ts";
import { DynamicResources } from "../../plugins/dynamic-resources.ts";
import { ImageLocality } from "../../plugins/image-locality.ts";
import { InterPodAffinity } from "../../plugins/inter-pod-affinity.ts";
import { NodeAffinity } from "../../plugins/node-affinity.ts";
import { NodeDeclaredFeatures } from "../../plugins/node-declared-features.ts";
import { NodeName } from "../../plugins/node-name.ts";
import { NodePorts } from "../../plugins/node-ports.ts";
import { NodeResourcesBalancedAllocation } from "../../plugins/node-resources-balanced-allocation.ts";
import { NodeResourcesFit } from "../../plugins/node-resources-fit.ts";
import { NodeUnschedulable } from "../../plugins/node-unschedulable.ts";
import { PodTopologySpread } from "../../plugins/pod-topology-spread.ts";
import { TaintToleration } from "../../plugins/taint-toleration.ts";
import { VolumeBinding } from "../../plugins/volume-binding.ts";
import { VolumeRestrictions } from "../../plugins/volume-restrictions.ts";
import { readTemplatesOnly } from "./known-pre-filtering.ts";
import { whyFilterFails, whyScoreFails } from "../unprepared-plugins.ts";

/** One Filter plugin in its place; `index` counts the static ones. */
export type FilterStep =
  | { readonly kind: "static"; readonly plugin: FilterPlugin; readonly index: number }
  | { readonly kind: "ports"; readonly plugin: NodePorts }
  | { readonly kind: "fit"; readonly plugin: NodeResourcesFit }
  | { readonly kind: "spread"; readonly plugin: PodTopologySpread }
  | { readonly kind: "affinity"; readonly plugin: InterPodAffinity }
  | { readonly kind: "plain"; readonly plugin: FilterPlugin };

/** One Score plugin in its place. */
export type ScoreStep = { readonly weight: number } & (
  | { readonly kind: "taints"; readonly plugin: TaintToleration }
  | { readonly kind: "node-affinity"; readonly plugin: NodeAffinity }
  | { readonly kind: "fit"; readonly plugin: NodeResourcesFit }
  | { readonly kind: "balance"; readonly plugin: NodeResourcesBalancedAllocation }
  | { readonly kind: "spread"; readonly plugin: PodTopologySpread }
  | { readonly kind: "pod-affinity"; readonly plugin: InterPodAffinity }
  | { readonly kind: "images"; readonly plugin: ImageLocality }
  /** Scores 0 everywhere, whatever it is asked. */
  | { readonly kind: "zero"; readonly plugin: DynamicResources | VolumeBinding }
  /** Depends on the pod's class key and the node's object alone; `index` counts such steps. */
  | { readonly kind: "keyed"; readonly plugin: ScorePlugin; readonly index: number }
  | { readonly kind: "plain"; readonly plugin: ScorePlugin }
);

/** Steps of one profile. */
export class FusedProfile {
  readonly profile: Profile;
  readonly filters: readonly FilterStep[];
  readonly statics: readonly FilterPlugin[];
  readonly scores: readonly ScoreStep[];
  /** Plugins that name the class of a pod, and those of them that score. */
  readonly keyed: readonly Plugin[];
  readonly keyedScores: readonly ScorePlugin[];
  readonly taints: TaintToleration | undefined;
  readonly nodeAffinity: NodeAffinity | undefined;
  readonly fit: NodeResourcesFit | undefined;
  readonly spread: PodTopologySpread | undefined;
  readonly podAffinity: InterPodAffinity | undefined;
  /** PreFilter plugins, with the ones that count pods replaced by what the class knows already. */
  readonly preFilterPlugins: readonly PreFilterPlugin[];
  /** PreFilter plugins that count pods which come and go in a way of their own. */
  readonly foreignExtensions: readonly PreFilterPlugin[];
  /** The answers of the replaced ones, to be set before each cycle. */
  readonly answers: { spread: Status; podAffinity: Status };
  /** Whether PreFilter of a pod without volumes follows from its template and the two answers. */
  readonly readsTemplatesOnly: boolean;
  /** False when only the plain evaluator says what happens. */
  readonly isFusable: boolean;

  constructor(profile: Profile, answers: { spread: Status; podAffinity: Status }) {
    this.profile = profile;
    this.answers = answers;
    const { preFilterPlugins, preScorePlugins, filterPlugins, scorePlugins } = profile;
    const statics: FilterPlugin[] = [];
    this.filters = filterPlugins.map((plugin) => filterStep(plugin, statics));
    this.statics = statics;
    const keyedScores: ScorePlugin[] = [];
    this.scores = scorePlugins.map(({ plugin, weight }) => scoreStep(plugin, weight, keyedScores));
    this.keyedScores = keyedScores;
    this.keyed = profile.plugins.filter(({ classKey }) => classKey !== undefined);
    this.taints = find(profile, TaintToleration);
    this.nodeAffinity = find(profile, NodeAffinity);
    this.fit = find(profile, NodeResourcesFit);
    this.spread = find(profile, PodTopologySpread);
    this.podAffinity = find(profile, InterPodAffinity);
    this.preFilterPlugins = preFilterPlugins.map((plugin) => this.standIn(plugin));
    this.foreignExtensions = preFilterPlugins.filter(
      (plugin) => hasExtensions(plugin) && !isKnownExtension(plugin),
    );
    this.readsTemplatesOnly = readTemplatesOnly(preFilterPlugins);
    this.isFusable =
      filterPlugins.every(({ name }) => whyFilterFails(name, preFilterPlugins) === undefined) &&
      scorePlugins.every(({ plugin }) => isPrepared(plugin, profile)) &&
      scorePlugins.every(({ plugin }) => whyScoreFails(plugin.name, preScorePlugins) === undefined);
  }

  /** What the plugins with a class key call this pod; "" where there are none. */
  keyOf(pod: PodInfo): string {
    if (this.keyed.length === 0) return "";
    return JSON.stringify(this.keyed.map((plugin) => plugin.classKey!(pod)));
  }

  private standIn(plugin: PreFilterPlugin): PreFilterPlugin {
    const { answers } = this;
    const { name } = plugin;
    if (plugin instanceof PodTopologySpread) {
      return { name, preFilter: () => ({ status: answers.spread }) };
    }
    if (plugin instanceof InterPodAffinity) {
      return { name, preFilter: () => ({ status: answers.podAffinity }) };
    }
    return plugin;
  }
}

function hasExtensions({ addPod, removePod }: PreFilterPlugin): boolean {
  return addPod !== undefined || removePod !== undefined;
}

/** What they count only matters to their own filters, which are asked or skipped themselves. */
function isKnownExtension(plugin: PreFilterPlugin): boolean {
  return (
    plugin instanceof PodTopologySpread ||
    plugin instanceof InterPodAffinity ||
    plugin instanceof VolumeRestrictions
  );
}

/** A known Score plugin whose PreScore is switched off behaves in ways of its own. */
function isPrepared(plugin: ScorePlugin, { preScorePlugins }: Profile): boolean {
  if (["images", "zero", "keyed", "plain"].includes(scoreStep(plugin, 1, []).kind)) return true;
  return preScorePlugins.some(({ name }) => name === plugin.name);
}

function filterStep(plugin: FilterPlugin, statics: FilterPlugin[]): FilterStep {
  if (plugin instanceof NodePorts) return { kind: "ports", plugin };
  if (plugin instanceof NodeResourcesFit) return { kind: "fit", plugin };
  if (plugin instanceof PodTopologySpread) return { kind: "spread", plugin };
  if (plugin instanceof InterPodAffinity) return { kind: "affinity", plugin };
  const isStatic =
    plugin instanceof NodeUnschedulable ||
    plugin instanceof NodeName ||
    plugin instanceof TaintToleration ||
    plugin instanceof NodeAffinity ||
    plugin instanceof NodeDeclaredFeatures ||
    plugin.classKey !== undefined;
  if (!isStatic) return { kind: "plain", plugin };
  statics.push(plugin);
  return { kind: "static", plugin, index: statics.length - 1 };
}

function scoreStep(plugin: ScorePlugin, weight: number, keyed: ScorePlugin[]): ScoreStep {
  if (plugin instanceof TaintToleration) return { kind: "taints", plugin, weight };
  if (plugin instanceof NodeAffinity) return { kind: "node-affinity", plugin, weight };
  if (plugin instanceof NodeResourcesFit) return { kind: "fit", plugin, weight };
  if (plugin instanceof NodeResourcesBalancedAllocation) return { kind: "balance", plugin, weight };
  if (plugin instanceof PodTopologySpread) return { kind: "spread", plugin, weight };
  if (plugin instanceof InterPodAffinity) return { kind: "pod-affinity", plugin, weight };
  if (plugin instanceof ImageLocality) return { kind: "images", plugin, weight };
  if (plugin instanceof DynamicResources || plugin instanceof VolumeBinding) {
    return { kind: "zero", plugin, weight };
  }
  if (plugin.classKey !== undefined && plugin.normalizeScores === undefined) {
    keyed.push(plugin);
    return { kind: "keyed", plugin, weight, index: keyed.length - 1 };
  }
  return { kind: "plain", plugin, weight };
}

function find<T>({ plugins }: Profile, kind: abstract new (...args: never[]) => T): T | undefined {
  for (const plugin of plugins) if (plugin instanceof kind) return plugin;
  return undefined;
}
