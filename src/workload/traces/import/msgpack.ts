// MessagePack in: one value from a text with one character per byte.
//
// Keys of maps may be anything there; what is no text becomes its JSON (SimKube writes lists as keys).
// Whole numbers beyond 2^53 come as text, so that hashes stay whole. Extension types are refused.

/** What a binary text held, or why it could not be read. */
export type MsgpackReading =
  | { readonly value: unknown; readonly fault?: undefined }
  | { readonly fault: string };

/** Reads a text whose characters are bytes. */
export function readMsgpack(bytes: string): MsgpackReading {
  const reader = new MsgpackReader(bytes);
  try {
    const value = reader.value(0);
    return reader.isAtEnd ? { value } : { fault: "there are bytes after the value" };
  } catch (error) {
    if (error instanceof MsgpackFault) return { fault: error.message };
    throw error;
  }
}

class MsgpackFault extends Error {}

const DEPTH_MAX = 200;

class MsgpackReader {
  private readonly bytes: string;
  private at = 0;

  constructor(bytes: string) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new MsgpackFault(`values nest deeper than ${DEPTH_MAX} levels`);
    const code = this.unsigned(1);
    if (code < 0x80) return code;
    if (code < 0x90) return this.map(code & 0x0f, depth);
    if (code < 0xa0) return this.list(code & 0x0f, depth);
    if (code < 0xc0) return this.text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
      case 0xc3:
        return code === 0xc3;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.take(this.unsigned(1 << (code - 0xc4)));
      case 0xca:
      case 0xcb:
        return this.float(code === 0xca ? 4 : 8);
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.unsigned(1 << (code - 0xcc));
      case 0xcf:
      case 0xd3:
        return this.large(code === 0xd3);
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.signed(1 << (code - 0xd0));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(1 << (code - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.list(this.unsigned(code === 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(code === 0xde ? 2 : 4), depth);
      default:
        throw new MsgpackFault(`byte ${this.at}: type 0x${code.toString(16)} is not read`);
    }
  }

  private map(count: number, depth: number): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    for (let item = 0; item < count; item++) {
      const key = this.value(depth + 1);
      entries.push([typeof key === "string" ? key : JSON.stringify(key), this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  private list(count: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let item = 0; item < count; item++) items.push(this.value(depth + 1));
    return items;
  }

  private text(length: number): string {
    const raw = this.take(length);
    const codes = Uint8Array.from(raw, (character) => character.charCodeAt(0));
    return new TextDecoder().decode(codes);
  }

  private unsigned(length: number): number {
    const raw = this.take(length);
    let value = 0;
    for (let at = 0; at < length; at++) value = value * 256 + raw.charCodeAt(at);
    return value;
  }

  private signed(length: number): number {
    const value = this.unsigned(length);
    const limit = (1 << (8 * length - 2)) * 2;
    return value < limit ? value : value - 2 * limit;
  }

  private large(isSigned: boolean): number | string {
    const value = (BigInt(this.unsigned(4)) << 32n) | BigInt(this.unsigned(4));
    const exact = isSigned ? BigInt.asIntN(64, value) : value;
    const number = Number(exact);
    return Number.isSafeInteger(number) ? number : String(exact);
  }

  private float(length: 4 | 8): number {
    const raw = this.take(length);
    const view = new DataView(new ArrayBuffer(length));
    for (let at = 0; at < length; at++) view.setUint8(at, raw.charCodeAt(at));
    return length === 4 ? view.getFloat32(0) : view.getFloat64(0);
  }

  private take(length: number): string {
    if (this.at + length > this.bytes.length)
      throw new MsgpackFault(`the bytes end inside a value (byte ${this.bytes.length})`);
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }
}
