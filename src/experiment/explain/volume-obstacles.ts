// Volumes that keep a pod off a node: which of them, and which neighbours are in the way.
//
// The four volume plugins read claims, volumes, classes and limits; which volume is to blame is found
// by asking the plugin again about the pod without it, so no rule is written down twice.

import type { Volume } from "../../cluster/index.ts";
import {
  Code,
  type FilterPlugin,
  type NodeRow,
  type PodInfo,
  type PreFilterPlugin,
  SCRATCH_ROW,
  type Status,
} from "../../scheduler/index.ts";
import type { Change } from "./change.ts";
import type { FilterWorld } from "./filter-world.ts";
import { GroundPair } from "./ground.ts";
import { departure, type Finding, obstacleOf, otherFinding, templateChange } from "./obstacle.ts";
import type { NodeQuestion, Sketcher } from "./obstacles.ts";

const VOLUME_PLUGINS: readonly string[] = [
  "VolumeRestrictions",
  "NodeVolumeLimits",
  "VolumeBinding",
  "VolumeZone",
];

type VolumePlugin = PreFilterPlugin & FilterPlugin;

/** Whether the plugin judges volumes. */
export function isVolumePlugin(name: string): boolean {
  return VOLUME_PLUGINS.includes(name);
}

/** The volumes to blame; without a question the pod was refused before any node was looked at. */
export function volumeFindings(
  question: NodeQuestion | undefined,
  status: Status,
  world: FilterWorld,
): Finding[] {
  const plugin = world.profile.preFilterPlugins.find(({ name }) => name === status.plugin) as
    | VolumePlugin
    | undefined;
  if (plugin === undefined) return [otherFinding(status)];
  const blamed = blamedVolumes(world, plugin, question?.row);
  const reason = status.reasons.join(", ");
  const names = blamed.map(volumeText).join(", ");
  return [
    {
      obstacle: obstacleOf(status, "volume", names === "" ? reason : `${names}: ${reason}`),
      podKey: keyFor(blamed),
      ofPod: () => withoutVolumes(blamed),
      around: () => (question === undefined ? undefined : inTheWay(question, plugin)),
    },
  ];
}

/** The ground of that: one for each set of volumes. */
export function createVolumeSketcher(world: FilterWorld, name: string): Sketcher {
  const plugin = world.profile.preFilterPlugins.find((each) => each.name === name) as
    | VolumePlugin
    | undefined;
  const known = new Map<string | undefined, GroundPair>();
  const other = new GroundPair("other", undefined);
  return ({ row }, { code }, sketch) => {
    if (plugin === undefined) {
      sketch.add(other.at(code));
      return;
    }
    const key = keyFor(blamedVolumes(world, plugin, row));
    let grounds = known.get(key);
    if (grounds === undefined) {
      grounds = new GroundPair("volume", key);
      known.set(key, grounds);
    }
    sketch.add(grounds.at(code));
  };
}

function keyFor(blamed: readonly Volume[]): string | undefined {
  return blamed.length === 0 ? undefined : `volumes ${blamed.map(({ name }) => name).join(",")}`;
}

/** The fewest volumes in order without which the plugin agrees; empty when it never does. */
function blamedVolumes(
  world: FilterWorld,
  plugin: VolumePlugin,
  row: NodeRow | undefined,
): readonly Volume[] {
  const { volumes } = world.pod.template;
  for (const volume of volumes) {
    if (agrees(world, plugin, [volume], row)) return [volume];
  }
  if (!agrees(world, plugin, volumes, row)) return [];
  let blamed: readonly Volume[] = volumes;
  for (const volume of volumes) {
    const fewer = blamed.filter((each) => each !== volume);
    if (agrees(world, plugin, fewer, row)) blamed = fewer;
  }
  return blamed;
}

function agrees(
  world: FilterWorld,
  plugin: VolumePlugin,
  dropped: readonly Volume[],
  row: NodeRow | undefined,
): boolean {
  const { state, pod, code } = world.volumeTrials.get(plugin, dropped);
  if (code === Code.Skip) return true;
  if (code !== Code.Success) return false;
  return row === undefined || plugin.filter(state, pod, row).code === Code.Success;
}

function withoutVolumes(volumes: readonly Volume[]): Change {
  const text = `do without ${volumes.map(volumeText).join(", ")}`;
  const names = volumes.map(({ name }) => name);
  return templateChange("drop-volume", text, (template) => ({
    ...template,
    volumes: template.volumes.filter(({ name }) => !names.includes(name)),
  }));
}

function volumeText(volume: Volume): string {
  const claim = volume.kind === "persistentVolumeClaim" ? ` (claim ${volume.claimName})` : "";
  return `volume ${volume.name}${claim}`;
}

// --- Pods in the way -----------------------------------------------------------------------------

/** Pods with volumes whose leaving makes the plugin agree, none of them in vain. */
function inTheWay(question: NodeQuestion, plugin: VolumePlugin): Change | undefined {
  const { world, row } = question;
  const here = world.cache.podsOn(row).filter(({ template }) => template.volumes.length > 0);
  const elsewhere = plugin.name === "VolumeRestrictions" ? sharers(world, row) : [];
  const trial = new EmptierNode(question, plugin);
  const gone = new Set([...here, ...elsewhere]);
  if (!trial.agreesWithout(gone)) return undefined;
  // The most important pods are tried first, so that they may stay.
  const byImportance = [...gone].sort((a, b) => b.priority - a.priority);
  for (const pod of byImportance) {
    gone.delete(pod);
    if (!trial.agreesWithout(gone)) gone.add(pod);
  }
  const where = [...gone].every((pod) => here.includes(pod)) ? world.nameOf(row) : "their nodes";
  return departure([...gone], where, where === "their nodes" ? null : where);
}

/** Pods on other nodes that use a claim of the same name, which ReadWriteOncePod forbids. */
function sharers({ cache, pod, nodes }: FilterWorld, row: NodeRow): PodInfo[] {
  const claims = claimNames(pod);
  if (claims.length === 0) return [];
  return nodes.flatMap((other) =>
    other === row
      ? []
      : cache
          .podsOn(other)
          .filter((each) => claimNames(each).some((name) => claims.includes(name))),
  );
}

function claimNames({ template }: PodInfo): string[] {
  return template.volumes.flatMap((volume) =>
    volume.kind === "persistentVolumeClaim" ? [volume.claimName] : [],
  );
}

/** The node without some pods, on the scratch row. */
class EmptierNode {
  private readonly question: NodeQuestion;
  private readonly plugin: VolumePlugin;

  constructor(question: NodeQuestion, plugin: VolumePlugin) {
    this.question = question;
    this.plugin = plugin;
  }

  agreesWithout(gone: ReadonlySet<PodInfo>): boolean {
    const { world, row } = this.question;
    const { cache, pod } = world;
    const state = world.state.clone();
    const scratch = cache.copyToScratch(row);
    const here = cache.podsOn(row);
    for (const other of gone) {
      if (here.includes(other)) cache.removeFromScratch(other, SCRATCH_ROW);
      this.plugin.removePod?.(state, pod, other, scratch);
    }
    return this.plugin.filter(state, pod, scratch).code === Code.Success;
  }
}
