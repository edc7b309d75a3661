// A range of IPv4 addresses in CIDR form, and who holds which of them. Knows nothing of pods.
//
// Addresses are given out one after the other and around again, as the common network plugin does,
// so that one that was just given back is not given out at once. Network, gateway and broadcast
// addresses are nobody's.

/** A block of addresses. */
export interface Cidr {
  /** First address, as one number. */
  readonly first: number;
  readonly prefixLength: number;
}

/** Addresses before the first that is given out: the network's own and the gateway's. */
const RESERVED = 2;

/** The block that a text such as 10.1.2.0/24 names; undefined if it names none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d, prefixLength] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if ([a, b, c, d].some((part) => part > 255) || prefixLength > 32) return undefined;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  return { first: address - (address % sizeOf({ first: 0, prefixLength })), prefixLength };
}

/** Number of addresses of a block. */
export function sizeOf({ prefixLength }: Cidr): number {
  // Doubled bit by bit: engines may round a power of floating-point numbers differently.
  let size = 1;
  for (let bit = prefixLength; bit < 32; bit++) size *= 2;
  return size;
}

/** Dotted text of an address. */
export function formatAddress(address: number): string {
  const part = (unit: number): number => Math.floor(address / unit) % 256;
  return `${part(16_777_216)}.${part(65_536)}.${part(256)}.${part(1)}`;
}

/** Text of a block. */
export function formatCidr({ first, prefixLength }: Cidr): string {
  return `${formatAddress(first)}/${prefixLength}`;
}

/** The addresses of one block. */
export class AddressRange {
  private readonly cidr: Cidr;
  private readonly held = new Set<number>();
  private nextOffset = RESERVED;

  constructor(cidr: Cidr) {
    this.cidr = cidr;
  }

  /** The next free address; undefined if all are held. */
  take(): number | undefined {
    const usable = sizeOf(this.cidr) - 1 - RESERVED; // without broadcast
    if (this.held.size >= usable) return undefined;
    for (;;) {
      const address = this.cidr.first + this.nextOffset;
      this.nextOffset = RESERVED + ((this.nextOffset - RESERVED + 1) % usable);
      if (this.held.has(address)) continue;
      this.held.add(address);
      return address;
    }
  }

  /** Marks an address that somebody holds already. */
  hold(address: number): void {
    this.held.add(address);
  }

  giveBack(address: number): void {
    this.held.delete(address);
  }
}
