// TarContent: the regular files inside a tar archive, as one stream of bytes.
//
// Traces are published as .tar.gz with a table inside; people should not have to unpack hundreds of
// gigabytes to import them. Not an extractor: names and modes are not kept, links are passed over.

const BLOCK = 512;
const SIZE_AT = 124;
const SIZE_LENGTH = 12;
const TYPE_AT = 156;
const MAGIC_AT = 257;

/** Whether these first bytes (a block at least) begin a tar archive. */
export function isTar(head: Uint8Array): boolean {
  return textOf(head, MAGIC_AT, 5) === "ustar";
}

/** Takes an archive in pieces and gives the contents of its files in order. */
export class TarContent {
  private header = new Uint8Array(BLOCK);
  private headerLength = 0;
  private contentLeft = 0;
  private paddingLeft = 0;
  private isWanted = false;

  /** The parts of this piece that are contents of files. */
  *contents(piece: Uint8Array): Generator<Uint8Array> {
    let at = 0;
    while (at < piece.length) {
      const left = piece.length - at;
      if (this.contentLeft > 0) {
        const length = Math.min(left, this.contentLeft);
        if (this.isWanted) yield piece.subarray(at, at + length);
        this.contentLeft -= length;
        at += length;
      } else if (this.paddingLeft > 0) {
        const length = Math.min(left, this.paddingLeft);
        this.paddingLeft -= length;
        at += length;
      } else {
        const length = Math.min(left, BLOCK - this.headerLength);
        this.header.set(piece.subarray(at, at + length), this.headerLength);
        this.headerLength += length;
        at += length;
        if (this.headerLength === BLOCK) this.readHeader();
      }
    }
  }

  /** Whether the archive ended where a file ends. */
  get isWhole(): boolean {
    return this.contentLeft === 0 && this.headerLength === 0;
  }

  private readHeader(): void {
    this.headerLength = 0;
    const type = String.fromCharCode(this.header[TYPE_AT]!);
    const name = textOf(this.header, 0, 100).split("/").at(-1)!;
    this.contentLeft = sizeOf(this.header);
    this.paddingLeft = (BLOCK - (this.contentLeft % BLOCK)) % BLOCK;
    // "._" files hold attributes of another system's files.
    this.isWanted = (type === "0" || type === "\0") && name !== "" && !name.startsWith("._");
  }
}

// Octal, or binary behind a first bit for files beyond 8 GiB.
function sizeOf(header: Uint8Array): number {
  if ((header[SIZE_AT]! & 0x80) !== 0) {
    let size = 0;
    for (let at = SIZE_AT + 4; at < SIZE_AT + SIZE_LENGTH; at++) size = size * 256 + header[at]!;
    return size;
  }
  return Number.parseInt(textOf(header, SIZE_AT, SIZE_LENGTH).trim() || "0", 8);
}

function textOf(bytes: Uint8Array, start: number, length: number): string {
  let text = "";
  for (let at = start; at < start + length && bytes[at] !== 0 && at < bytes.length; at++)
    text += String.fromCharCode(bytes[at]!);
  return text;
}
