// Profile: the plugins of one schedulerName, made and sorted by extension point.
//
// Pods choose a profile by spec.schedulerName. One plugin object serves all its points, as upstream.

import type { EnabledPlugin, ProfileConfiguration } from "./scheduler-configuration.ts";
import {
  type BindPlugin,
  type ExtensionPoint,
  type FilterPlugin,
  implementsPoint,
  type PermitPlugin,
  type Plugin,
  type PluginHandle,
  type PostBindPlugin,
  type PostFilterPlugin,
  type PreBindPlugin,
  type PreEnqueuePlugin,
  type PreFilterPlugin,
  type PreScorePlugin,
  type QueueSortPlugin,
  type ReservePlugin,
  type ScorePlugin,
} from "./plugin.ts";
import { PodSigner } from "./pod-signature.ts";
import type { Registry } from "./registry.ts";

/** A Score plugin with its weight in this profile. */
export interface WeightedScorePlugin {
  readonly plugin: ScorePlugin;
  readonly weight: number;
}

/** The running plugins of one profile; lists are in the profile's order. */
export class Profile {
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number | undefined;
  /** Every plugin once, in order of first appearance. */
  readonly plugins: readonly Plugin[];
  readonly preEnqueuePlugins: readonly PreEnqueuePlugin[];
  readonly queueSort: QueueSortPlugin;
  readonly preFilterPlugins: readonly PreFilterPlugin[];
  readonly filterPlugins: readonly FilterPlugin[];
  readonly postFilterPlugins: readonly PostFilterPlugin[];
  readonly preScorePlugins: readonly PreScorePlugin[];
  readonly scorePlugins: readonly WeightedScorePlugin[];
  readonly reservePlugins: readonly ReservePlugin[];
  readonly permitPlugins: readonly PermitPlugin[];
  readonly preBindPlugins: readonly PreBindPlugin[];
  readonly bindPlugins: readonly BindPlugin[];
  readonly postBindPlugins: readonly PostBindPlugin[];
  readonly signer: PodSigner;

  constructor(configuration: ProfileConfiguration, registry: Registry, handle: PluginHandle) {
    this.schedulerName = configuration.schedulerName;
    this.percentageOfNodesToScore = configuration.percentageOfNodesToScore;
    const made = new Map<string, Plugin>();
    const make = (name: string): Plugin => {
      const known = made.get(name);
      if (known !== undefined) return known;
      const entry = registry.find(name);
      if (entry === undefined) throw new Error(`no plugin named ${name} is registered`);
      const plugin = entry.factory(configuration.args.get(name), handle);
      made.set(name, plugin);
      return plugin;
    };
    const at = <T extends Plugin>(point: ExtensionPoint): T[] =>
      configuration.plugins[point].map((enabled: EnabledPlugin) => {
        const plugin = make(enabled.name);
        if (!implementsPoint(plugin, point)) {
          throw new Error(`plugin ${enabled.name} does not implement ${point}`);
        }
        return plugin as T;
      });
    this.preEnqueuePlugins = at<PreEnqueuePlugin>("preEnqueue");
    const sorters = at<QueueSortPlugin>("queueSort");
    if (sorters.length !== 1) {
      throw new Error(`profile ${this.schedulerName} needs exactly one queueSort plugin`);
    }
    this.queueSort = sorters[0]!;
    this.preFilterPlugins = at<PreFilterPlugin>("preFilter");
    this.filterPlugins = at<FilterPlugin>("filter");
    this.postFilterPlugins = at<PostFilterPlugin>("postFilter");
    this.preScorePlugins = at<PreScorePlugin>("preScore");
    const scorers = at<ScorePlugin>("score");
    this.scorePlugins = scorers.map((plugin, index) => ({
      plugin,
      weight: configuration.plugins.score[index]!.weight,
    }));
    this.reservePlugins = at<ReservePlugin>("reserve");
    this.permitPlugins = at<PermitPlugin>("permit");
    this.preBindPlugins = at<PreBindPlugin>("preBind");
    this.bindPlugins = at<BindPlugin>("bind");
    this.postBindPlugins = at<PostBindPlugin>("postBind");
    this.plugins = [...made.values()];
    this.signer = new PodSigner([
      ...this.preFilterPlugins,
      ...this.filterPlugins,
      ...this.preScorePlugins,
      ...scorers,
    ]);
  }
}
