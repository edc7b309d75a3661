// What user code prints, on its way to stderr: results on stdout stay whole, floods are cut.
//
// Lines are handed to the main thread at once, not when the run is over, so that they are there even
// if the run never ends. How many are let through is a count and no rate, the same in every run.

import { Console } from "node:console";
import { Writable } from "node:stream";

const LINES_MAX = 1_000;
const BYTES_MAX = 256 * 1024;

/** Takes text in, passes some on, counts the rest. */
export class UserLog {
  private readonly pass: (text: string) => void;
  private lines = 0;
  private bytes = 0;
  private droppedLines = 0;

  constructor(pass: (text: string) => void) {
    this.pass = pass;
  }

  write(text: string): void {
    const lines = Math.max(1, text.split("\n").length - 1);
    if (this.lines + lines > LINES_MAX || this.bytes + text.length > BYTES_MAX) {
      this.droppedLines += lines;
      return;
    }
    this.lines += lines;
    this.bytes += text.length;
    this.pass(text);
  }

  /** A line about what was dropped; "" if nothing was. */
  get closing(): string {
    return this.droppedLines === 0
      ? ""
      : `user code printed ${this.droppedLines} lines more, which were dropped\n`;
  }
}

/** From now on `console` and the process's two streams end in the log. */
export function divertOutput(log: UserLog): void {
  const stream = (): Writable =>
    new Writable({
      decodeStrings: false,
      write(chunk: unknown, _encoding, done) {
        log.write(String(chunk));
        done();
      },
    });
  const [stdout, stderr] = [stream(), stream()];
  const replacement = new Console({ stdout, stderr, colorMode: false });
  Object.defineProperty(globalThis, "console", {
    value: replacement,
    configurable: true,
    writable: true,
  });
  process.stdout.write = stdout.write.bind(stdout) as typeof process.stdout.write;
  process.stderr.write = stderr.write.bind(stderr) as typeof process.stderr.write;
}
