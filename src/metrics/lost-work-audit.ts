// The second path of lost work (I63): every process is followed from its start to its end.
//
// The measure asks only at a cut, from the machine's own note of the start and from the pod as it then
// is. This audit notes the start itself, what the pod is at that instant, and adds up lives at the end,
// so an end that is told twice, late or of another pod does not agree. It exists only under --check.

import type { ApiServer, Machines, PodBehavior, ProcessChange, Uid } from "../cluster/index.ts";
import type { InvariantRegistry } from "../engine/index.ts";
import { type LostWork, workMilliCpu } from "./lost-work.ts";

interface Life {
  readonly startedUs: number;
  /** undefined: no work of the pod's own, or no end of its own. */
  readonly milliCpu: number | undefined;
}

/** Registers I63 against the measure; both join before the first process starts. */
export function registerLostWorkInvariant(
  registry: InvariantRegistry,
  api: ApiServer,
  machines: Machines,
  behavior: PodBehavior,
  work: LostWork,
): void {
  const audit = new LostWorkAudit(api, behavior);
  machines.observe({ onProcess: (change) => audit.onProcess(change) });
  registry.register({
    id: "I63",
    mode: "check",
    title: "lost work = sum over processes cut short of the time since their start",
    when: "end",
    test: () =>
      difference("run time", work.totalRunUs(), audit.runUs) ??
      difference("milli-cpu time", work.totalMilliCpuUs(), audit.milliCpuUs),
  });
}

class LostWorkAudit {
  runUs = 0n;
  milliCpuUs = 0n;
  private readonly api: ApiServer;
  private readonly behavior: PodBehavior;
  private readonly lives = new Map<string, Life>();

  constructor(api: ApiServer, behavior: PodBehavior) {
    this.api = api;
    this.behavior = behavior;
  }

  onProcess({ kind, node, podUid, container, isCutShort, atUs }: ProcessChange): void {
    const key = `${podUid}/${container}`;
    if (kind === "started") {
      this.lives.set(key, { startedUs: atUs, milliCpu: this.milliCpuOf(node, podUid, container) });
      return;
    }
    const life = this.lives.get(key);
    this.lives.delete(key);
    if (!isCutShort || life?.milliCpu === undefined) return;
    const ranUs = BigInt(atUs - life.startedUs);
    this.runUs += ranUs;
    this.milliCpuUs += ranUs * BigInt(life.milliCpu);
  }

  private milliCpuOf(node: ProcessChange["node"], uid: Uid, container: number): number | undefined {
    const { pods } = this.api;
    let found: number | undefined;
    pods.forEachOnNode(node, (pod) => {
      if (pods.uid(pod) === uid) found = workMilliCpu(this.api, this.behavior, pod, container);
    });
    return found;
  }
}

function difference(what: string, measured: bigint, lives: bigint): string | undefined {
  return measured === lives ? undefined : `${what}: ${measured} measured, ${lives} by lives`;
}
