import { randomFillSync } from "node:crypto";

const random = new Uint8Array(10);

/**
 * A version 7 UUID (RFC 9562 §5.7): 48 bits of Unix milliseconds, then random bits, so that ids made later sort later
 * to the millisecond.
 */
export function uuid7(milliseconds: number = Date.now()): string {
  randomFillSync(random);
  const time = milliseconds.toString(16).padStart(12, "0");
  random[0] = (random[0]! & 0x0f) | 0x70;
  random[2] = (random[2]! & 0x3f) | 0x80;
  const rest = Buffer.from(random).toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}
