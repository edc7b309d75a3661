// What a controller has asked for and its cache has not shown yet.
//
// Between asking for pods and seeing them a controller would count too few and ask again; so it
// does not act on an owner while expectations are open. Creations are counted; deletions are named,
// since a pod's deletion may be announced more than once.

/** Upstream forgets expectations after five minutes; needed only where announcements are lost. */
export const EXPECTATIONS_TIMEOUT_US = 300_000_000;

interface Expected {
  creations: number;
  readonly deletions: Set<number>;
  sinceUs: number;
}

/** Open expectations per owner (its uid). */
export class Expectations {
  private readonly byOwner = new Map<number, Expected>();

  expectCreations(owner: number, count: number, nowUs: number): void {
    this.ask(owner, nowUs).creations += count;
  }

  expectDeletions(owner: number, podUids: readonly number[], nowUs: number): void {
    if (podUids.length === 0) return; // nothing would ever come to meet it
    const expected = this.ask(owner, nowUs);
    for (const uid of podUids) expected.deletions.add(uid);
  }

  /** A pod appeared, or its creation was refused. */
  creationSeen(owner: number, count = 1): void {
    const expected = this.byOwner.get(owner);
    if (expected === undefined) return;
    expected.creations = Math.max(0, expected.creations - count);
    this.dropIfMet(owner, expected);
  }

  /** A pod's deletionTimestamp or removal was seen, or its deletion was refused. */
  deletionSeen(owner: number, podUid: number): void {
    const expected = this.byOwner.get(owner);
    if (expected === undefined) return;
    expected.deletions.delete(podUid);
    this.dropIfMet(owner, expected);
  }

  /** True if everything asked for has been seen, or it was asked too long ago. */
  areMet(owner: number, nowUs: number): boolean {
    const expected = this.byOwner.get(owner);
    return expected === undefined || nowUs - expected.sinceUs > EXPECTATIONS_TIMEOUT_US;
  }

  /** Creations asked for and not seen. */
  openCreations(owner: number): number {
    return this.byOwner.get(owner)?.creations ?? 0;
  }

  forget(owner: number): void {
    this.byOwner.delete(owner);
  }

  private ask(owner: number, nowUs: number): Expected {
    let expected = this.byOwner.get(owner);
    if (expected === undefined) {
      expected = { creations: 0, deletions: new Set(), sinceUs: nowUs };
      this.byOwner.set(owner, expected);
    }
    expected.sinceUs = nowUs;
    return expected;
  }

  private dropIfMet(owner: number, expected: Expected): void {
    if (expected.creations === 0 && expected.deletions.size === 0) this.byOwner.delete(owner);
  }
}
