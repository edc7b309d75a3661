// VolumeTrials: what the volume plugins' PreFilter would say about a pod with fewer volumes.
//
// Which volume is to blame is found by leaving some out and asking again, on every node; PreFilter does
// not depend on the node, so each plugin is asked once per set of volumes.

import type { Volume } from "../../cluster/index.ts";
import {
  type Code,
  CycleState,
  type NodeRow,
  type PodInfo,
  type PreFilterPlugin,
} from "../../scheduler/index.ts";

/** What a plugin's PreFilter says about the pod without some of its volumes. */
export interface VolumeTrial {
  readonly pod: PodInfo;
  readonly state: CycleState;
  readonly code: Code;
}

/** Trials of one pod; they hold as long as the cache does. */
export class VolumeTrials {
  private readonly pod: PodInfo;
  private readonly nodes: readonly NodeRow[];
  private readonly known = new Map<string, VolumeTrial>();

  constructor(pod: PodInfo, nodes: readonly NodeRow[]) {
    this.pod = pod;
    this.nodes = nodes;
  }

  get(plugin: PreFilterPlugin, dropped: readonly Volume[]): VolumeTrial {
    const key = [plugin.name, ...dropped.map(({ name }) => name)].join("\n");
    let trial = this.known.get(key);
    if (trial === undefined) {
      const pod = dropVolumes(this.pod, dropped);
      const state = new CycleState();
      const { status } = plugin.preFilter(state, pod, this.nodes);
      trial = { pod, state, code: status.code };
      this.known.set(key, trial);
    }
    return trial;
  }
}

function dropVolumes(pod: PodInfo, dropped: readonly Volume[]): PodInfo {
  const volumes = pod.template.volumes.filter((volume) => !dropped.includes(volume));
  return { ...pod, template: { ...pod.template, volumes } };
}
