// The two streams: results to stdout, everything else to stderr.
//
// Both are written synchronously through their file descriptors, so that every byte arrives before the
// process ends, whatever reads slowly at the other side. A reader that went away (EPIPE) ends the
// command quietly; a device that is full is a file system error.

import { writeSync } from "node:fs";
import { type ColorChoice, colorProblems, colorSummary, colorWanted } from "./color.ts";
import { CommandFailure, EXIT } from "./exit-codes.ts";

const STDOUT = 1;
const STDERR = 2;

let colorChoice: ColorChoice = "auto";

/** Chooses for the whole command when to colour. */
export function useColor(choice: ColorChoice): void {
  colorChoice = choice;
}

/** Thrown when the reader of stdout has gone: the command ends with code 0 and no word. */
export class ReaderGone extends Error {}

/** Writes result text to stdout, all of it. */
export function printResult(text: string): void {
  writeAll(STDOUT, text);
}

/** Writes a table for people to stdout; its verdicts are coloured where that is wanted. */
export function printSummary(text: string): void {
  writeAll(STDOUT, colorWanted("stdout", colorChoice) ? colorSummary(text) : text);
}

/** Writes a note, warning or error to stderr; a stderr that is gone is nobody's loss. */
export function printNote(text: string): void {
  try {
    writeAll(STDERR, colorWanted("stderr", colorChoice) ? colorProblems(text) : text);
  } catch {
    // Nobody listens: there is no third stream to complain to.
  }
}

/** True if stderr is a terminal, so that a progress line may be redrawn. */
export function stderrIsTerminal(): boolean {
  return process.stderr.isTTY === true;
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
