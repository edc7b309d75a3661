// The simulation thread's side of the watch over user code.
//
// Nothing happens until a module is about to be loaded; then the thread is fenced in, what user code
// prints is diverted, and every call is written to the shared record that the main thread looks at.

import { type StrategyCall, StrategyError, type UserCallWatch } from "../experiment/index.ts";
import { forbidCalls } from "./forbidden-calls.ts";
import { overdueText } from "./overdue-text.ts";
import { UserCallRecord } from "./user-call-record.ts";
import { divertOutput, UserLog } from "./user-log.ts";

// Taken before user code could be refused it.
const nextTurn = setImmediate;

/** One thread's guard. */
export class UserCodeGuard implements UserCallWatch {
  private readonly record: UserCallRecord;
  private readonly log: UserLog;
  private readonly deadlineMs: number;
  private readonly onLoad: () => void;
  private readonly left: unknown[] = [];
  private strategy = "";

  /** @param print takes what user code prints; @param onLoad is called once, before user code is. */
  constructor(
    memory: SharedArrayBuffer,
    deadlineMs: number,
    print: (text: string) => void,
    onLoad: () => void,
  ) {
    this.record = new UserCallRecord(memory);
    this.deadlineMs = deadlineMs;
    this.log = new UserLog(print);
    this.onLoad = onLoad;
  }

  enter(call: StrategyCall): void {
    if (this.strategy === "") this.fenceIn();
    this.strategy = call.strategy;
    this.record.enter(call);
    if (!this.record.isRefused) return;
    this.record.leave();
    throw new StrategyError(call, overdueText(this.deadlineMs));
  }

  leave(): void {
    this.record.leave();
  }

  /** Lets what user code left behind come to light: a line about it, and whether it failed. */
  async settle(): Promise<{ readonly text: string; readonly hasFailed: boolean }> {
    if (this.strategy === "") return { text: "", hasFailed: false };
    await new Promise((resolve) => nextTurn(resolve));
    const [first] = this.left;
    const hasFailed = this.left.length > 0;
    const what = first instanceof Error ? `${first.name}: ${first.message}` : String(first);
    const failure = `error: strategy ${this.strategy} (after the run): a promise that nobody waits for was rejected: ${what}\n`;
    return { text: `${this.log.closing}${hasFailed ? failure : ""}`, hasFailed };
  }

  private fenceIn(): void {
    for (const event of ["unhandledRejection", "uncaughtException"])
      process.on(event, (thrown: unknown) => this.left.push(thrown));
    divertOutput(this.log);
    this.onLoad();
    forbidCalls();
  }
}
