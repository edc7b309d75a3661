// `npm run bench -- start-up`: what it costs to start the command line, against Node alone (goal P13).
//
// Needs a build in dist/, as users have it: bundled.

import { existsSync } from "node:fs";
import { compareCommands } from "./child-costs.ts";

const PROGRAM = "dist/cli/main.js";

/** Options: [--rounds N] [PROGRAM]. */
export function runStartUpCommand(args: readonly string[]): void {
  const at = args.indexOf("--rounds");
  const rounds = at < 0 ? 7 : Number(args[at + 1]);
  const [program = PROGRAM] = args.filter(
    (_, position) => at < 0 || (position !== at && position !== at + 1),
  );
  if (!existsSync(program)) {
    console.error(`${program} is not there: npm run build makes it`);
    process.exitCode = 2;
    return;
  }
  const { execPath } = process;
  const { base, head, ratio } = compareCommands(
    [execPath, "-e", "0"],
    [execPath, program, "--help"],
    rounds,
    5,
  );
  const ms = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;
  console.log(
    `podsim --help ${ms(head)}, node -e 0 ${ms(base)} of CPU: ${ratio.toFixed(2)} times (medians of ${rounds} rounds of 5)`,
  );
}
