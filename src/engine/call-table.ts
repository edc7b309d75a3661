// Closures of pending calls, by a recycled number that is the event's payload.
//
// Cold control-plane code schedules closures; the event queue itself stores integers only. This
// table stands between them.

type Call = () => void;

const NO_CALL: Call = () => {};

/** Closures by number. */
export class CallTable {
  private readonly calls: Call[] = [];
  private readonly free: number[] = [];

  add(call: Call): number {
    const index = this.free.pop() ?? this.calls.length;
    this.calls[index] = call;
    return index;
  }

  /** Gives the closure up without running it. */
  remove(index: number): void {
    this.calls[index] = NO_CALL;
    this.free.push(index);
  }

  /** Runs the closure; its number is free again before it runs. */
  run(index: number): void {
    const call = this.calls[index]!;
    this.remove(index);
    call();
  }
}
