// Pod signatures: a text that two pods share when every plugin must judge them alike.
//
// Opportunistic batching (scheduler.md 9.1) hands the scores of one pod on to the next one of equal
// signature. Each PreFilter, Filter, PreScore and Score plugin signs the part of a pod that it reads;
// one plugin that cannot sign leaves the profile, or this pod, without any signature.

import type { Plugin, SignPlugin } from "./plugin.ts";
import type { PodInfo } from "./pod-info.ts";

/** One signed part of a pod; plugins that read the same part give the same key. */
export type SignedPart = readonly [key: string, text: string];

/** Signs pods for one profile. */
export class PodSigner {
  /** Undefined when some plugin of the profile cannot sign at all. */
  private readonly signers: readonly SignPlugin[] | undefined;

  private refuser: SignPlugin | undefined;

  /** `plugins` are those of the PreFilter, Filter, PreScore and Score points; repeats do no harm. */
  constructor(plugins: Iterable<Plugin>) {
    const unique = [...new Set(plugins)];
    this.signers = unique.every(canSign) ? unique : undefined;
  }

  /** False when no pod of this profile ever has a signature. */
  get isAble(): boolean {
    return this.signers !== undefined;
  }

  /** The pod's signature within its profile; undefined when it has none. */
  signatureOf(pod: PodInfo): string | undefined {
    if (this.signers === undefined) return undefined;
    // Who refused the last pod mostly refuses the next one too, and one refusal is enough.
    if (this.refuser !== undefined && this.refuser.sign(pod) === undefined) return undefined;
    const parts = new Map<string, string>();
    for (const plugin of this.signers) {
      const signed = plugin.sign(pod);
      if (signed === undefined) {
        this.refuser = plugin;
        return undefined;
      }
      for (const [key, text] of signed) parts.set(key, text);
    }
    // Plugins sign in a fixed order, so equal parts stand in equal order.
    return JSON.stringify([...parts]);
  }
}

function canSign(plugin: Plugin): plugin is SignPlugin {
  return "sign" in plugin;
}
