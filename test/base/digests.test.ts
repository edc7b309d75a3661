// Rolling digest, SHA-256, UTF-8 and the hashes of text and entities.

import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entityHash, entityHashFrom, hashPath, hashText32 } from "../../src/base/hash-text.ts";
import { RollingDigest } from "../../src/base/rolling-digest.ts";
import { sha256Hex } from "../../src/base/sha256.ts";
import { utf8Bytes } from "../../src/base/utf8.ts";

describe("SHA-256", () => {
  it.each([
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ])("knows the published digest of %.20s", (text, digest) => {
    expect(sha256Hex(text)).toBe(digest);
  });

  it("agrees with Node's for every length around the block borders and any bytes", () => {
    for (let length = 0; length <= 200; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 151 + length) & 0xff);
      expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
    }
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(sha256Hex(text)).toBe(createHash("sha256").update(text, "utf8").digest("hex"));
      }),
    );
  });
});

it("UTF-8 bytes equal the platform's, lone surrogates included", () => {
  const encoder = new TextEncoder();
  const units = fc.array(fc.nat({ max: 0xffff }), { maxLength: 30 });
  fc.assert(
    fc.property(units, (codes) => {
      const text = String.fromCharCode(...codes);
      expect(Array.from(utf8Bytes(text))).toEqual(Array.from(encoder.encode(text)));
    }),
  );
  expect(Array.from(utf8Bytes("😀"))).toEqual(Array.from(encoder.encode("😀")));
});

describe("the rolling digest", () => {
  const digestOf = (feed: (digest: RollingDigest) => void): string => {
    const digest = new RollingDigest();
    feed(digest);
    return digest.hex();
  };

  const addWords = (digest: RollingDigest, ...words: number[]): void => {
    for (const word of words) digest.addUint32(word);
  };
  const addTexts = (digest: RollingDigest, ...texts: string[]): void => {
    for (const text of texts) digest.addText(text);
  };

  it("is the same for the same feed, and pinned", () => {
    const feed = (digest: RollingDigest): void => {
      digest.addUint32(1);
      digest.addNumber(0.1);
      digest.addNumber(2 ** 53 - 1);
      digest.addText("pod/default/web-0");
    };
    expect(digestOf(feed)).toBe(digestOf(feed));
    expect(digestOf(feed)).toBe("777826ab5e7deef8");
  });

  it("tells apart order, length, split of texts, and zeros more or fewer", () => {
    const feeds: ((digest: RollingDigest) => void)[] = [
      () => {},
      (digest) => digest.addUint32(0),
      (digest) => addWords(digest, 0, 0),
      (digest) => addWords(digest, 1, 2),
      (digest) => addWords(digest, 2, 1),
      (digest) => addTexts(digest, "ab", "c"),
      (digest) => addTexts(digest, "a", "bc"),
      (digest) => addTexts(digest, "abc", ""),
      (digest) => digest.addText("abc"),
      (digest) => digest.addNumber(Number.NaN),
      (digest) => digest.addNumber(1),
      (digest) => digest.addNumber(-1),
    ];
    expect(new Set(feeds.map(digestOf)).size).toBe(feeds.length);
    expect(digestOf((digest) => digest.addNumber(-0))).toBe(
      digestOf((digest) => digest.addNumber(0)),
    );
  });

  it("changes about half of its bits when one bit of the feed changes", () => {
    let flipped = 0;
    let pairs = 0;
    for (let position = 0; position < 40; position++) {
      for (let bit = 0; bit < 32; bit++) {
        const feed = (changed: boolean) => (digest: RollingDigest) => {
          for (let index = 0; index < 40; index++) {
            digest.addUint32(changed && index === position ? 1 << bit : 0);
          }
        };
        const difference =
          BigInt(`0x${digestOf(feed(false))}`) ^ BigInt(`0x${digestOf(feed(true))}`);
        const ones = difference.toString(2).replaceAll("0", "").length;
        expect(ones).toBeGreaterThan(8);
        flipped += ones;
        pairs++;
      }
    }
    expect(flipped / pairs / 64).toBeGreaterThan(0.48);
    expect(flipped / pairs / 64).toBeLessThan(0.52);
  });

  it("shows no collision in its upper or lower half beyond chance, for 200,000 short feeds", () => {
    const halves = [new Set<string>(), new Set<string>()] as const;
    const whole = new Set<string>();
    const count = 200_000;
    for (let index = 0; index < count; index++) {
      const hex = digestOf((digest) => digest.addNumber(index));
      whole.add(hex);
      halves[0].add(hex.slice(0, 8));
      halves[1].add(hex.slice(8));
    }
    expect(whole.size).toBe(count);
    // 2e5 ** 2 / 2 ** 33 is 4.7 expected coincidences in 32 bits.
    for (const half of halves) expect(half.size).toBeGreaterThan(count - 20);
  });
});

describe("hashes of text and entities", () => {
  it("are pinned, portable integers in their ranges", () => {
    expect(hashText32("")).toBe(0);
    expect(hashText32("default/web")).toBe(3350557049);
    expect(entityHash("default/web", 0)).toBe(6997299739834990);
    expect(entityHashFrom(hashPath("default/web"), 7)).toBe(entityHash("default/web", 7));
    expect(() => entityHash("default/web", -1)).toThrow(/ordinal/);
    expect(() => entityHash("default/web", 0.5)).toThrow(/ordinal/);
  });

  it("never meet within a path, nor between paths of a large cluster", () => {
    const seen = new Set<number>();
    let count = 0;
    for (let path = 0; path < 300; path++) {
      const pathHash = hashPath(`namespace-${path % 7}/deployment-${path}`);
      for (let ordinal = 0; ordinal < 1_000; ordinal++) {
        const hash = entityHashFrom(pathHash, ordinal);
        seen.add(hash);
        count++;
      }
    }
    expect(seen.size).toBe(count);
    for (const hash of [...seen].slice(0, 1_000)) {
      expect(Number.isSafeInteger(hash) && hash >= 0).toBe(true);
    }
  });
});
