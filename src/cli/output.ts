// The two streams: results to stdout, everything else to stderr.
//
// stdout is written synchronously through its file descriptor, so that every byte arrives before the
// process ends, whatever reads slowly at the other side. A reader that went away (EPIPE) ends the
// command quietly; a device that is full is a file system error.

import { writeSync } from "node:fs";
import { CommandFailure, EXIT } from "./exit-codes.ts";

const STDOUT = 1;
const STDERR = 2;

/** Thrown when the reader of stdout has gone: the command ends with code 0 and no word. */
export class ReaderGone extends Error {}

/** Writes result text to stdout, all of it. */
export function printResult(text: string): void {
  writeAll(STDOUT, text);
}

/** Writes a note, warning or error to stderr; a stderr that is gone is nobody's loss. */
export function printNote(text: string): void {
  try {
    writeAll(STDERR, text);
  } catch {
    // Nobody listens: there is no third stream to complain to.
  }
}

/** True if stderr is a terminal, so that a progress line may be redrawn. */
export function stderrIsTerminal(): boolean {
  return process.stderr.isTTY === true;
}

/** Is colour wanted on this stream? `--color` beats NO_COLOR beats FORCE_COLOR beats the terminal. */
export function colorWanted(stream: "stdout" | "stderr", flag: string | undefined): boolean {
  if (flag === "always") return true;
  if (flag === "never") return false;
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  const force = process.env["FORCE_COLOR"];
  if (force !== undefined && force !== "0" && force !== "") return true;
  return process[stream].isTTY === true && process.env["TERM"] !== "dumb";
}

function writeAll(descriptor: number, text: string): void {
  const bytes = Buffer.from(text, "utf8");
  let offset = 0;
  while (offset < bytes.length) {
    try {
      offset += writeSync(descriptor, bytes, offset);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EAGAIN") {
        waitABit();
        continue;
      }
      if (code === "EPIPE") throw new ReaderGone();
      throw new CommandFailure(
        EXIT.files,
        `cannot write to ${descriptor === STDOUT ? "stdout" : "stderr"}: ${code ?? String(error)}`,
      );
    }
  }
}

// A pipe in non-blocking mode was full; give its reader a moment without spinning.
function waitABit(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
