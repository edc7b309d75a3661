// BreakNotes: breaks of invariants that an audit found, until the registry asks for them.
//
// A break is found in the middle of an event and reported at its end; only the first one counts.

/** Collects breaks by invariant; the first of each counts. */
export class BreakNotes {
  private readonly texts = new Map<string, string>();

  note(id: string, text: string): void {
    if (!this.texts.has(id)) this.texts.set(id, text);
  }

  textOf(id: string): string | undefined {
    return this.texts.get(id);
  }
}
