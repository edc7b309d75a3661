// How an unquoted YAML scalar is read: as kubectl reads it, once for every file podsim takes.
//
// YAML 1.1 and 1.2 disagree about yes, 012, 1_000 and more, so one reading is written down here
// (docs/decisions/0010) and everything that another reader would take differently is said aloud.
// It is not a schema: whether a number may stand somewhere is decided by whoever decodes the value.

/** The reading of one plain scalar. */
export interface ScalarReading {
  /** null, boolean, finite number, bigint beyond 2^53, or text; undefined for NaN and infinity. */
  readonly value: null | boolean | number | bigint | string | undefined;
  /** Set when other YAML readers take this text differently: how it is read here. */
  readonly ambiguous?: string;
}

/**
 * Reads an unquoted, untagged scalar. Dates and `1:30` are text; NaN and infinity have no value.
 * `lettersAreText` takes y, Y, n and N as text, where kubectl reads booleans.
 */
export function readPlainScalar(text: string, lettersAreText: boolean = false): ScalarReading {
  if (lettersAreText && /^[yYnN]$/.test(text)) return { value: text };
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!MAY_BE_NUMBER.test(text)) return { value: text };
  if (SEXAGESIMAL.test(text)) return { value: text, ambiguous: "the text" };
  const digits = text.replaceAll("_", "");
  const integer = readInteger(digits);
  const value = integer ?? readDecimal(digits);
  if (value === undefined) return { value: text };
  if (AMBIGUOUS_NUMBER.test(text) && !/^0x/i.test(text))
    return { value, ambiguous: `the number ${value}` };
  return { value };
}

const WORDS: ReadonlyMap<string, ScalarReading> = new Map(
  (function* (): Generator<[string, ScalarReading]> {
    for (const text of ["", "~", "null", "Null", "NULL"]) yield [text, { value: null }];
    for (const [texts, value] of [
      [["true", "True", "TRUE"], true],
      [["false", "False", "FALSE"], false],
    ] as const) {
      for (const text of texts) yield [text, { value }];
    }
    for (const [texts, value] of [
      [["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"], true],
      [["n", "N", "no", "No", "NO", "off", "Off", "OFF"], false],
    ] as const) {
      for (const text of texts) yield [text, { value, ambiguous: `the boolean ${value}` }];
    }
    for (const name of [".nan", ".NaN", ".NAN"]) yield [name, { value: undefined }];
    for (const sign of ["", "+", "-"]) {
      for (const name of [".inf", ".Inf", ".INF"]) yield [sign + name, { value: undefined }];
    }
  })(),
);

const MAY_BE_NUMBER = /^[-+.0-9]/;
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const DECIMAL = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
// An underscore, a leading zero, 0b, 0o, a signed 0x, an exponent without a point or a sign: read
// otherwise elsewhere.
const AMBIGUOUS_NUMBER = /_|^[-+]?0[0-9bBoO]|^[-+]0x|^[-+]?[0-9]+[eE]|[eE][0-9]/;

function readInteger(digits: string): number | bigint | undefined {
  const match = INTEGER.exec(digits);
  if (match === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = match;
  const prefixed =
    hex !== undefined
      ? `0x${hex}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined
          ? `0o${octal}`
          : decimal!;
  const size = Number(prefixed);
  if (Number.isSafeInteger(size)) return sign === "-" && size !== 0 ? -size : size;
  return sign === "-" ? -BigInt(prefixed) : BigInt(prefixed);
}

// Like Go's reader, a number too large for a double is no number but text.
function readDecimal(digits: string): number | undefined {
  if (!DECIMAL.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isFinite(value) ? value : undefined;
}
