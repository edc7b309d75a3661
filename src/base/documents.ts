// Bytes of a file to documents: the encoding is checked, JSON and YAML are told apart.
//
// Every file of objects enters podsim through here, so that a mark, a wrong encoding or a hostile
// size is treated the same way everywhere. It opens no files; gzip is the caller's business.

import { readJson } from "./json.ts";
import { LineIndex } from "./positioned-document.ts";
import type { Problem } from "./problem.ts";
import { limitsOf, type ReadOptions } from "./read-limits.ts";
import { LONE_SURROGATE } from "./well-formed.ts";
import { readYaml, type ReadOutcome } from "./yaml.ts";

/** Reads a file of JSON or YAML documents from its bytes, or from text that is already decoded. */
export function readDocuments(input: Uint8Array | string, options: ReadOptions = {}): ReadOutcome {
  const decoded =
    typeof input === "string" ? checkText(input, options) : decodeUtf8(input, options);
  if (decoded.text === undefined) return { documents: [], problems: decoded.problems };
  const { text } = decoded;
  const mustBeJson = /\.(json|jsonl|ndjson)$/i.test(options.file ?? "");
  if (mustBeJson || /^\s*[[{]/.test(text)) {
    // A flow document may be YAML too: only a file that says it is JSON is held to JSON's grammar.
    const read = readJson(text, options);
    if (mustBeJson || read.problems.every(({ code }) => code !== "E_SYNTAX")) return read;
  }
  return readYaml(text, options);
}

/** Text of a file, or the problem why it has none. */
export interface DecodedText {
  readonly text: string | undefined;
  readonly problems: Problem[];
}

/**
 * Bytes to text: UTF-8 only, with or without a mark. UTF-16, UTF-32, invalid sequences (lone
 * surrogates included) and NUL are refused with the byte offset; so is a file above the size limit.
 */
export function decodeUtf8(bytes: Uint8Array, options: ReadOptions = {}): DecodedText {
  const { fileBytesMax } = limitsOf(options);
  if (bytes.length > fileBytesMax) {
    return refuse(
      options,
      "E_LIMIT_FILE_SIZE",
      `${bytes.length} bytes are more than the limit of ${fileBytesMax}`,
    );
  }
  const utf16 = utf16NameOf(bytes);
  if (utf16 !== undefined) {
    return refuse(
      options,
      "E_ENCODING",
      `the file is ${utf16} (byte 0), not UTF-8`,
      "save it as UTF-8",
    );
  }
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const bad = findInvalidUtf8(bytes, start);
  if (bad !== -1) {
    const what = bytes[bad] === 0 ? "a NUL byte" : "not valid UTF-8";
    const message = `${what} at byte ${bad} (0x${bytes[bad]!.toString(16).padStart(2, "0")})`;
    return refuse(
      options,
      "E_ENCODING",
      message,
      "save the file as UTF-8 text",
      lineOfByte(bytes, bad),
    );
  }
  const body = start === 0 ? bytes : bytes.subarray(start);
  return { text: new TextDecoder("utf-8", { ignoreBOM: true }).decode(body), problems: [] };
}

function checkText(text: string, options: ReadOptions): DecodedText {
  const { fileBytesMax } = limitsOf(options);
  if (text.length > fileBytesMax) {
    return refuse(
      options,
      "E_LIMIT_FILE_SIZE",
      `${text.length} characters are more than the limit of ${fileBytesMax}`,
    );
  }
  const body = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const bad = findBadCharacter(body);
  if (bad === -1) return { text: body, problems: [] };
  const what = body.charCodeAt(bad) === 0 ? "a NUL character" : "half of a surrogate pair";
  const position = new LineIndex(body).positionOf({ start: bad, end: bad + 1 });
  const problem: Problem = {
    code: "E_ENCODING",
    severity: "error",
    message: `${what} at character ${bad}`,
    ...position,
  };
  return {
    text: undefined,
    problems: [{ ...problem, ...(options.file !== undefined && { file: options.file }) }],
  };
}

function findBadCharacter(text: string): number {
  const nul = text.indexOf("\0");
  const half = text.search(LONE_SURROGATE);
  return nul === -1 ? half : half === -1 ? nul : Math.min(nul, half);
}

function refuse(
  options: ReadOptions,
  code: string,
  message: string,
  hint?: string,
  line?: number,
): DecodedText {
  const problem: Problem = {
    code,
    severity: "error",
    message,
    ...(options.file !== undefined && { file: options.file }),
    ...(hint !== undefined && { hint }),
    ...(line !== undefined && { line }),
  };
  return { text: undefined, problems: [problem] };
}

// A text of the formats read here has an ASCII character first, so a NUL beside it shows the width.
function utf16NameOf(bytes: Uint8Array): string | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? "UTF-32" : "UTF-16";
  if (a === 0xfe && b === 0xff) return "UTF-16";
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return "UTF-32";
  const looksWide = (a === 0 && b !== 0 && c === 0) || (b === 0 && a !== 0 && d === 0);
  return looksWide ? "UTF-16" : undefined;
}

/** Offset of the first byte that begins no valid UTF-8 sequence or is NUL; -1 when there is none. */
function findInvalidUtf8(bytes: Uint8Array, start: number): number {
  let i = start;
  while (i < bytes.length) {
    const lead = bytes[i]!;
    if (lead === 0) return i;
    if (lead < 0x80) {
      i++;
      continue;
    }
    const length = sequenceLength(bytes, i, lead);
    if (length === 0) return i;
    i += length;
  }
  return -1;
}

// Shortest forms only, no surrogates, nothing beyond U+10FFFF: the second byte's range says it all.
function sequenceLength(bytes: Uint8Array, at: number, lead: number): number {
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  for (let k = 1; k < length; k++) {
    const byte = bytes[at + k];
    if (byte === undefined || byte < (k === 1 ? low : 0x80) || byte > (k === 1 ? high : 0xbf))
      return 0;
  }
  return length;
}

function lineOfByte(bytes: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 10) line++;
  return line;
}
