import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

// Fernet as its specification has it (github.com/fernet/spec), and as Python's `cryptography.fernet` reads and writes:
// version 0x80, seconds since 1970 in 64 bits, IV, AES-128-CBC of the text, HMAC-SHA256 of all before it, in base64
// with `-` and `_`.

const VERSION = 0x80;
const IV_START = 9;
const TEXT_START = 25;
const HMAC_BYTES = 32;
const BLOCK_BYTES = 16;
/** How far ahead of ours the clock of the token's writer may be, in seconds. */
const MAX_CLOCK_SKEW = 60;

/** One Fernet key: half of it signs, half of it encrypts. */
export interface FernetKey {
  readonly signing: Buffer;
  readonly encryption: Buffer;
}

/** Reads a key, 32 bytes in urlsafe base64; undefined when the text is none. */
export function parseFernetKey(text: string): FernetKey | undefined {
  const bytes = decodeBase64(text);
  if (bytes?.length !== 32) return undefined;
  return { signing: bytes.subarray(0, 16), encryption: bytes.subarray(16) };
}

/** Where a token's time and randomness come from. */
export interface FernetEffects {
  /** Seconds since 1970. */
  now(): number;
  iv(): Buffer;
}

const defaultEffects: FernetEffects = {
  now: () => Math.floor(Date.now() / 1000),
  iv: () => randomBytes(BLOCK_BYTES),
};

/** Encrypts a text; the token holds the time. */
export function encryptFernet(key: FernetKey, text: string, effects: FernetEffects = defaultEffects): string {
  const iv = effects.iv();
  const head = Buffer.alloc(IV_START);
  head[0] = VERSION;
  head.writeBigUInt64BE(BigInt(effects.now()), 1);
  const cipher = createCipheriv("aes-128-cbc", key.encryption, iv);
  const signed = Buffer.concat([head, iv, cipher.update(text, "utf8"), cipher.final()]);
  return encodeBase64(Buffer.concat([signed, sign(key, signed)]));
}

/**
 * The text of a token, or undefined when the token is malformed, was changed, or was made with another key.
 * @param ttl how many seconds old a token may be, and that none comes from the future; any age when omitted
 */
export function decryptFernet(
  key: FernetKey,
  token: string,
  ttl?: number,
  effects: FernetEffects = defaultEffects,
): string | undefined {
  const bytes = decodeBase64(token);
  if (bytes === undefined || bytes.length < TEXT_START + BLOCK_BYTES + HMAC_BYTES || bytes[0] !== VERSION) {
    return undefined;
  }
  const signed = bytes.subarray(0, -HMAC_BYTES);
  if (!timingSafeEqual(sign(key, signed), bytes.subarray(-HMAC_BYTES))) return undefined;
  if (ttl !== undefined && !isFresh(Number(bytes.readBigUInt64BE(1)), ttl, effects.now())) return undefined;
  return decipher(key, signed.subarray(IV_START, TEXT_START), signed.subarray(TEXT_START));
}

/** A new random key. */
export function generateFernetKey(): string {
  return encodeBase64(randomBytes(32));
}

function isFresh(madeAt: number, ttl: number, now: number): boolean {
  return madeAt + ttl >= now && madeAt <= now + MAX_CLOCK_SKEW;
}

function decipher(key: FernetKey, iv: Buffer, encrypted: Buffer): string | undefined {
  try {
    const cipher = createDecipheriv("aes-128-cbc", key.encryption, iv);
    return Buffer.concat([cipher.update(encrypted), cipher.final()]).toString("utf8");
  } catch {
    // Half a block, or a padding that is none: signed by the right key, but no Fernet token.
    return undefined;
  }
}

function sign(key: FernetKey, bytes: Buffer): Buffer {
  return createHmac("sha256", key.signing).update(bytes).digest();
}

function encodeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

/** Strict where Node is lenient: no foreign characters, and the padding that belongs there. */
function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[\w-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64url");
}
