// `podsim schema`: the scenario file's JSON Schema (draft 7), for editors.
//
// The same schema that readers of scenarios use, so an editor and podsim cannot disagree.

import type { Command } from "commander";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printResult } from "../output.ts";

/** Adds the command to the program. */
export function registerSchema(program: Command, done: (code: ExitCode) => void): void {
  program
    .command("schema")
    .description("print the JSON Schema (draft 7) of scenario files")
    .addHelpText("before", "Examples:\n  podsim schema > podsim.schema.json\n\n")
    .action(async () => {
      const { scenarioJsonSchema } = await import("../../experiment/index.ts");
      printResult(`${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
      done(EXIT.ok);
    });
}
