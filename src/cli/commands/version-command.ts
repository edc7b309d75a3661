// `podsim version`: which podsim, whose behaviour it models, and the versions that results depend on.
//
// What belongs into a bug report; versions of tools that change no result are left out.

import type { Command } from "commander";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatOption } from "../option-parts.ts";
import { printResult } from "../output.ts";

/** Adds the command to the program. */
export function registerVersion(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("version")
    .description("versions of podsim, of the Kubernetes it models, of schema and fingerprint")
    .addHelpText("before", "Examples:\n  podsim version\n  podsim version -o json\n\n")
    .addOption(formatOption(["table", "json"]))
    .action(async (options: { format: string }) => {
      const { VERSIONS } = await import("../versions.ts");
      if (options.format === "json") printResult(`${JSON.stringify(VERSIONS, undefined, 2)}\n`);
      else {
        const lines = Object.entries(VERSIONS).map(
          ([name, value]) => `${name.padEnd(12)} ${value}`,
        );
        printResult(`${lines.join("\n")}\n`);
      }
      done(EXIT.ok);
    });
}
