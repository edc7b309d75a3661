// Violations: what ledgers found wrong since somebody last looked, by invariant.
//
// A ledger checks a change when it is committed; the registry asks after the event. Between the two
// the first text per invariant is kept here.

/** The first text per invariant since it was last asked for. */
export class Violations {
  private readonly first = new Map<string, string>();

  /** Notes a violation of invariant `id`; only the first since the last `take` is kept. */
  note(id: string, text: string): void {
    if (!this.first.has(id)) this.first.set(id, text);
  }

  /** The invariant noted first, or undefined while nothing was noted. */
  get firstId(): string | undefined {
    if (this.first.size === 0) return undefined;
    return this.first.keys().next().value;
  }

  /** The text of the violation, or undefined; it is forgotten. */
  take(id: string): string | undefined {
    if (this.first.size === 0) return undefined;
    const text = this.first.get(id);
    this.first.delete(id);
    return text;
  }
}
