import test from "ava";
import { crc32c, maskedCrc32c } from "#tfx/data/crc32c.ts";

const cases: readonly [string, Uint8Array, number][] = [
  ["nothing", new Uint8Array(0), 0],
  ["the nine digits of the check value", Buffer.from("123456789"), 0xe3069283],
  ["32 zero bytes (RFC 3720)", new Uint8Array(32), 0x8a9136aa],
  ["32 bytes of ones (RFC 3720)", new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ["32 ascending bytes (RFC 3720)", Uint8Array.from({ length: 32 }, (_, index) => index), 0x46dd794e],
];

for (const [what, bytes, expected] of cases) {
  test(`CRC-32C of ${what}`, (t) => {
    t.is(crc32c(bytes), expected);
  });
}

test("a part of the bytes has the CRC of that part", (t) => {
  t.is(crc32c(Buffer.from("xx123456789yyy"), 2, 11), 0xe3069283);
});

test("the mask rotates and adds TFRecord's constant", (t) => {
  t.is(maskedCrc32c(new Uint8Array(0)), 0xa282ead8);
});
