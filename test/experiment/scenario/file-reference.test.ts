import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileReferenceProblem } from "../../../src/experiment/scenario/file-reference.ts";

describe("fileReferenceProblem", () => {
  it("accepts no name that leads out of the folder, on any system", () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "a",
      "...",
      "..a",
      "C:",
      "c:x",
      "~",
      "",
      " ",
      "file:",
      "\\",
      "nul\u0000",
    );
    const name = fc
      .tuple(fc.array(part, { minLength: 1, maxLength: 6 }), fc.constantFrom("/", "\\"))
      .map(([parts, slash]) => parts.join(slash));
    let accepted = 0;
    fc.assert(
      fc.property(name, (file) => {
        if (fileReferenceProblem(file) !== undefined) return;
        accepted++;
        expect(posix.relative("/home/s", posix.resolve("/home/s", file)).startsWith("../")).toBe(
          false,
        );
        expect(posix.relative("/home/s", posix.resolve("/home/s", file))).not.toBe("..");
        expect(win32.resolve("D:\\home\\s", file).startsWith("D:\\home\\s\\")).toBe(true);
      }),
      { numRuns: 5000, seed: 13 },
    );
    expect(accepted).toBeGreaterThan(300);
  });
});
