// Colour on terminals: the words that say good or bad. The words say it without colour too.
//
// Decided per stream from flag, environment and terminal. Text is made without colour and painted only
// here, so that result files never hold an escape.

import { styleText } from "node:util";

/** When to colour: `auto` looks at the stream and the environment. */
export const COLOR_CHOICES = ["auto", "always", "never"] as const;
/** One of them. */
export type ColorChoice = (typeof COLOR_CHOICES)[number];

/** Is colour wanted on this stream? The flag beats NO_COLOR beats FORCE_COLOR beats the terminal. */
export function colorWanted(stream: "stdout" | "stderr", choice: ColorChoice): boolean {
  if (choice !== "auto") return choice === "always";
  if ((process.env["NO_COLOR"] ?? "") !== "") return false;
  const force = process.env["FORCE_COLOR"];
  if (force !== undefined && force !== "0" && force !== "") return true;
  return process[stream].isTTY === true && process.env["TERM"] !== "dumb";
}

/** A summary with its verdicts coloured. */
export function colorSummary(text: string): string {
  return text
    .replace(/^(VERDICT {2})(OK|NOT OK)/, (_, head: string, word: string) => head + verdict(word))
    .replace(/^(pass|FAIL)(?= {2})/gm, (word) => verdict(word));
}

/** Problems and notes with their severities coloured. */
export function colorProblems(text: string): string {
  return text
    .replace(/(^|: )((?:internal )?error)(?=\[E_|: )/gm, (_, head: string, word: string) => {
      return head + paint(["red", "bold"], word);
    })
    .replace(/^(note|hint|warning)(?=\[|: )/gm, (word) => paint(["cyan"], word));
}

function verdict(word: string): string {
  return paint([word === "OK" || word === "pass" ? "green" : "red", "bold"], word);
}

function paint(format: Parameters<typeof styleText>[0], word: string): string {
  // Whether to colour was decided by the caller, for a stream of the main thread.
  return styleText(format, word, { validateStream: false });
}
