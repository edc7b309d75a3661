// A single node with a real kubelet's times, its processes by name, and the statuses of one pod.

import { formatPhase, formatPodStatus } from "../../../src/cluster/index.ts";
import {
  type ControllerOptions,
  DEFAULT_IMAGE_PULL,
  KUBERNETES_CONTROLLER_OPTIONS,
} from "../../../src/controllers/index.ts";
import type { ImagePullModel } from "../../../src/controllers/kubelet/image-pull.ts";
import { registerControllerInvariants } from "../../../src/controllers/index.ts";
import { TYPICAL_CONTAINER_TIMES } from "../../../src/workload/pod-behavior.ts";
import { createRig, type Json, type Rig, type RigOptions } from "../rig.ts";

/** Kubernetes' own times; images are there unless a model is given. */
export function kubeletOptions(
  images: Partial<ImagePullModel> = { enabled: false },
): ControllerOptions {
  return {
    ...KUBERNETES_CONTROLLER_OPTIONS,
    kubelet: {
      ...KUBERNETES_CONTROLLER_OPTIONS.kubelet,
      images: { ...DEFAULT_IMAGE_PULL, ...images },
    },
  };
}

export interface OneNode extends Rig {
  /** "1.3 start main", "2.0 exit main 0" ... since the beginning, with seconds to a tenth. */
  readonly processes: string[];
  /** Status column of `kubectl get pods` whenever it changed, with seconds to a tenth. */
  readonly shown: string[];
  /** The same for the phase. */
  readonly phases: string[];
  /** Reasons and messages of Kubernetes Events about pods. */
  readonly events: string[];
}

/** One node, checked by the invariants of controllers; processes and statuses are written down. */
export function oneNode(options: RigOptions = {}): OneNode {
  const rig = createRig({
    nodes: 1,
    check: true,
    options: kubeletOptions(),
    times: TYPICAL_CONTAINER_TIMES,
    ...options,
  });
  registerControllerInvariants(rig.sim, rig.api, rig.machines, rig.controllers);
  const processes: string[] = [];
  const shown: string[] = [];
  const phases: string[] = [];
  const events: string[] = [];
  const last = new Map<string, string>();
  rig.machines.listen({
    onProcess: ({ kind, podUid, container, exitCode, atUs }) => {
      const name = containerName(rig, podUid, container);
      const end = kind === "exited" ? `exit ${name} ${exitCode}` : `start ${name}`;
      processes.push(`${tenths(atUs)} ${end}`);
    },
  });
  const note = (list: string[], key: string, atUs: number, text: string): void => {
    if (last.get(key) === text) return;
    last.set(key, text);
    list.push(`${tenths(atUs)} ${text}`);
  };
  rig.api.observe({
    onPod: ({ kind, pod, uid }) => {
      if (kind === "Deleted") {
        note(shown, `shown ${uid}`, rig.sim.nowUs, "gone");
        return;
      }
      note(shown, `shown ${uid}`, rig.sim.nowUs, formatPodStatus(rig.api.pods, pod));
      note(phases, `phase ${uid}`, rig.sim.nowUs, formatPhase(rig.api.pods.phase(pod)));
    },
  });
  rig.api.events.listen(({ about, reason, message }) => {
    if (about.kind === "Pod") events.push(`${reason}: ${message}`);
  });
  return Object.assign(rig, { processes, shown, phases, events });
}

/** A pod of given containers; a name alone stands for a plain one. */
export function podOf(
  name: string,
  spec: {
    readonly init?: readonly (string | Json)[];
    readonly main?: readonly (string | Json)[];
    readonly annotations?: Json;
    readonly more?: Json;
  } = {},
): Json {
  const container = (given: string | Json): Json =>
    typeof given === "string" ? { name: given, image: "img:v1" } : { image: "img:v1", ...given };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, annotations: spec.annotations ?? {} },
    spec: {
      initContainers: (spec.init ?? []).map(container),
      containers: (spec.main ?? ["main"]).map(container),
      ...spec.more,
    },
  };
}

/** A sidecar: an init container that is always restarted. */
export function sidecar(name: string, more: Json = {}): Json {
  return { name, restartPolicy: "Always", ...more };
}

function containerName(rig: Rig, podUid: number, position: number): string {
  let found = `#${position}`;
  rig.api.pods.forEach((pod) => {
    if (rig.api.pods.uid(pod) !== podUid) return;
    const { initContainers, containers } = rig.api.pods.template(pod);
    found = [...initContainers, ...containers][position]!.name;
  });
  return found;
}

function tenths(us: number): string {
  return (Math.round(us / 1e5) / 10).toFixed(1);
}
