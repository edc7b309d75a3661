// Claims about the reader of huge JSON lists: the same elements however the text is cut, 64-bit numbers whole.

import { describe, expect, it } from "vitest";
import { JsonElements } from "../../src/base/json-elements.ts";

function read(text: string, piece = text.length || 1) {
  const found: [unknown, number][] = [];
  const reader = new JsonElements((value, line) => found.push([value, line]), { file: "t.json" });
  for (let at = 0; at < text.length; at += piece) reader.push(text.slice(at, at + piece));
  reader.end();
  return { found, problems: reader.problems };
}

describe("JsonElements", () => {
  const list = '[{"a": "],[\\"{"},\n {"b": [1, {"c": null}]},\n\n 7, "x y", -1.5e3, true]\n';
  const elements = [{ a: '],["{' }, { b: [1, { c: null }] }, 7, "x y", -1500, true];

  it("gives the elements of a list with their lines, wherever the pieces are cut", () => {
    for (const piece of [1, 2, 3, 7, 1000]) {
      const { found, problems } = read(list, piece);
      expect(problems).toEqual([]);
      expect(found.map(([value]) => value)).toEqual(elements);
      expect(found.map(([, line]) => line)).toEqual([1, 2, 4, 4, 4, 4]);
    }
  });

  it("gives the values of JSON lines, with or without a last line end", () => {
    for (const text of ['{"a":1}\n{"a":2}\n', '{"a":1}\r\n\r\n{"a":2}'])
      expect(read(text, 3).found.map(([value]) => value)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(read("").found).toEqual([]);
    expect(read("[]").found).toEqual([]);
  });

  it("keeps whole numbers of 16 digits and more as text, and leaves texts and fractions alone", () => {
    const text =
      '[{"id":9223372036854775807,"n":-1234567890123456,"s":"a:1234567890123456789,","f":0.12345678901234566}]';
    expect(read(text, 5).found[0]![0]).toEqual({
      id: "9223372036854775807",
      n: "-1234567890123456",
      s: "a:1234567890123456789,",
      f: 0.12345678901234566,
    });
  });

  it.each([
    ["a list that is cut off", '[{"a":1},\n{"b"', "the text ends inside a value", 2],
    ["a list without its end", "[1, 2,", "the text ends inside the list", 1],
    ["what is no JSON", '{"a":1}\n{a:1}\n', "the element is no JSON", 2],
  ])("refuses %s, with the line", (_, text, message, line) => {
    for (const piece of [1, 1000])
      expect(read(text, piece).problems).toMatchObject([{ severity: "error", message, line }]);
  });
});
