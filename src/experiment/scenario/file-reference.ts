// File names inside a scenario: what they may look like.
//
// A scenario may come from a stranger, so it may name only files under its own folder. This is the
// check by name; whoever opens the file checks the real path too (links, devices). It opens nothing.

/** Why this text may not be used as a file of a scenario, or undefined. */
export function fileReferenceProblem(file: string): string | undefined {
  if (file === "") return "the name of the file is empty";
  if (/\p{Cc}/u.test(file)) return "the name holds control characters";
  if (/^[a-z][a-z0-9+.-]+:/i.test(file)) return `'${file}' is an address; only files are read`;
  if (/^([/\\~]|[a-z]:)/i.test(file))
    return `'${file}' is an absolute path; only files under the scenario's folder are read`;
  let depth = 0;
  for (const part of file.split(/[/\\]/)) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return `'${file}' leaves the scenario's folder`;
  }
  return depth === 0 ? `'${file}' is the scenario's folder, not a file` : undefined;
}
