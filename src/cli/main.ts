#!/usr/bin/env node
// Entry of the command line: checks the Node version before anything newer is parsed, then hands over.
//
// No static import stands here on purpose: an old Node would stumble over their syntax before it
// could say what is wrong.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `error: podsim needs Node 20.19 or newer, this is ${process.versions.node}\n`,
  );
  process.exitCode = 2;
} else {
  const { runCommandLine } = await import("./program.ts");
  process.exitCode = await runCommandLine(process.argv.slice(2));
}

export {};
