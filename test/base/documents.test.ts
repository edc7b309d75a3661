import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, readDocuments } from "../../src/base/documents.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("readDocuments", () => {
  it("accepts a byte-order mark and CRLF", () => {
    const bytes = Uint8Array.from([0xef, 0xbb, 0xbf, ...bytesOf("a: 1\r\nb: é\r\n")]);
    const { documents, problems } = readDocuments(bytes, { file: "a.yaml" });
    expect(documents[0]!.value).toEqual({ a: 1, b: "é" });
    expect(problems).toEqual([]);
    expect(documents[0]!.positionOf(["a"], "key")).toMatchObject({ line: 1, column: 1 });
  });

  it.each([
    ["UTF-16 with a mark", [0xff, 0xfe, 0x61, 0x00], "the file is UTF-16 (byte 0), not UTF-8"],
    ["big-endian UTF-16", [0xfe, 0xff, 0x00, 0x61], "the file is UTF-16 (byte 0), not UTF-8"],
    ["UTF-16 without a mark", [0x61, 0x00, 0x3a, 0x00], "the file is UTF-16 (byte 0), not UTF-8"],
    ["UTF-32", [0xff, 0xfe, 0x00, 0x00], "the file is UTF-32 (byte 0), not UTF-8"],
    ["NUL", [0x61, 0x3a, 0x20, 0x62, 0x00], "a NUL byte at byte 4 (0x00)"],
    ["a stray continuation", [0x61, 0x80], "not valid UTF-8 at byte 1 (0x80)"],
    ["an overlong form", [0x61, 0x61, 0xc0, 0xaf], "not valid UTF-8 at byte 2 (0xc0)"],
    ["a lone surrogate", [0x61, 0xed, 0xa0, 0x80], "not valid UTF-8 at byte 1 (0xed)"],
    ["a cut sequence", [0x61, 0xe2, 0x82], "not valid UTF-8 at byte 1 (0xe2)"],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "not valid UTF-8 at byte 0 (0xf4)"],
  ])("refuses %s with the byte", (_, bytes, message) => {
    const { documents, problems } = readDocuments(Uint8Array.from(bytes), { file: "a.yaml" });
    expect(documents).toEqual([]);
    expect(problems).toMatchObject([
      { code: "E_ENCODING", severity: "error", message, file: "a.yaml" },
    ]);
  });

  it("agrees with the platform's decoder on which bytes are UTF-8", () => {
    const strict = new TextDecoder("utf-8", { fatal: true });
    const unit = fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0xbf,
      0xc1,
      0xc2,
      0xe0,
      0xa0,
      0x9f,
      0xed,
      0xef,
      0xf0,
      0x90,
      0x8f,
      0xf4,
      0xf5,
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 8 }), (tail) => {
        const bytes = Uint8Array.from([0x61, 0x62, ...tail]);
        let expected: string | undefined;
        try {
          expected = strict.decode(bytes);
        } catch {
          expected = undefined;
        }
        expect(decodeUtf8(bytes).text).toBe(expected);
      }),
      { numRuns: 5000, seed: 3 },
    );
  });

  it("refuses half surrogates in text given as text", () => {
    expect(readDocuments("a: \ud800").problems).toMatchObject([
      { code: "E_ENCODING", line: 1, column: 4 },
    ]);
  });

  it("limits the size, exactly", () => {
    const limits = { fileBytesMax: 8 };
    expect(readDocuments(bytesOf("a: 12345"), { limits }).problems).toEqual([]);
    expect(readDocuments(bytesOf("a: 123456"), { limits }).problems).toMatchObject([
      { code: "E_LIMIT_FILE_SIZE" },
    ]);
  });

  it("tells JSON from YAML, and holds only .json files to JSON's grammar", () => {
    expect(readDocuments('{"a": 1}\n{"b": 2}').documents).toHaveLength(2);
    expect(readDocuments("{a: 1, b: [x]} # flow").documents[0]!.value).toEqual({ a: 1, b: ["x"] });
    expect(readDocuments("{a: 1}", { file: "x.json" }).problems).toMatchObject([
      { code: "E_SYNTAX", column: 2 },
    ]);
    expect(readDocuments("a: 1", { file: "x.json" }).problems).toMatchObject([
      { code: "E_SYNTAX", column: 1 },
    ]);
    expect(readDocuments('[{"a": 1, "a": 2}]').problems).toMatchObject([
      { code: "E_DUPLICATE_KEY", column: 11 },
    ]);
  });
});
