// Changes of state beside binds, departures and nodes that come and go; one after the other in turn.
//
// Each is something a watch tells a scheduler. Evaluators that keep anything between decisions must
// notice every one of them.

import type { PodInfo } from "../../src/scheduler/index.ts";
import type { Draws } from "./draws.ts";
import type { FullProfileRun } from "./full-profile.ts";
import { namespaceManifest, namespaceOf, serviceManifest } from "./profile-objects.ts";

type Change = (run: FullProfileRun, draws: Draws) => void;

/** Makes the next change. */
export function changeState(run: FullProfileRun, draws: Draws): void {
  const turn = turns.get(run) ?? 0;
  turns.set(run, turn + 1);
  CHANGES[turn % CHANGES.length]!(run, draws);
}

const turns = new WeakMap<FullProfileRun, number>();
const strangers = new WeakMap<FullProfileRun, PodInfo>();

const someNode = (run: FullProfileRun, draws: Draws): number => draws.below(run.nodes.length);

const CHANGES: readonly Change[] = [
  function cordon(run, draws) {
    const at = someNode(run, draws);
    run.changeNode(at, { isCordoned: true });
  },
  function uncordon(run) {
    const at = run.nodes.findIndex(({ isCordoned }) => isCordoned);
    if (at !== -1) run.changeNode(at, { isCordoned: false });
  },
  function flipHardTaint(run, draws) {
    const at = someNode(run, draws);
    run.changeNode(at, { isDedicated: !run.nodes[at]!.isDedicated });
  },
  function flipSoftTaint(run, draws) {
    const at = someNode(run, draws);
    run.changeNode(at, { isSpot: !run.nodes[at]!.isSpot });
  },
  function flipLabel(run, draws) {
    const at = someNode(run, draws);
    run.changeNode(at, { hasSsd: !run.nodes[at]!.hasSsd });
  },
  function moveZone(run, draws) {
    run.changeNode(someNode(run, draws), { zone: draws.below(3) });
  },
  function resize(run, draws) {
    const at = someNode(run, draws);
    const { milliCpu, memoryMi } = run.nodes[at]!;
    const factor = [0.75, 0.9, 1.1, 1.25][draws.below(4)]!;
    run.changeNode(at, {
      milliCpu: Math.round(milliCpu * factor),
      memoryMi: Math.round(memoryMi * factor),
    });
  },
  function pullOrRemoveImage(run, draws) {
    const at = someNode(run, draws);
    const image = draws.below(4);
    const { images } = run.nodes[at]!;
    const without = images.filter((each) => each !== image);
    run.changeNode(at, {
      images: without.length < images.length ? without : [...images, image],
    });
  },
  function removeService(run, draws) {
    const app = draws.below(run.apps.length);
    run.world.objects.removeService(namespaceOf(app), `app-${app}`);
  },
  function putService(run, draws) {
    run.world.put(serviceManifest(draws.below(run.apps.length)));
  },
  function relabelNamespace(run, draws) {
    run.world.put(namespaceManifest(draws.below(run.apps.length), draws.percent(50)));
  },
  function forget(run) {
    run.forgetLastBound();
  },
  function confirm(run) {
    run.confirmLastBound();
  },
  function nominate(run, draws) {
    const { nominator } = run.world.cache;
    const before = strangers.get(run);
    if (before !== undefined) nominator.delete(before);
    const pod = run.createStranger(run.apps[draws.below(run.apps.length)]!);
    strangers.set(run, pod);
    nominator.add(pod, "override", run.nodes[someNode(run, draws)]!.name);
  },
];
