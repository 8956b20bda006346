/** A string feature's value: text, or its bytes where they are not UTF-8. */
export type Token = string | Uint8Array;

/** Orders tokens by their UTF-8 bytes. */
export function compareTokens(a: Token, b: Token): number {
  return Buffer.compare(tokenBytes(a), tokenBytes(b));
}

export function tokenBytes(token: Token): Uint8Array {
  return typeof token === "string" ? Buffer.from(token) : token;
}

export function sameToken(a: Token, b: Token): boolean {
  return typeof a === typeof b && (a === b || compareTokens(a, b) === 0);
}

/** A map whose keys are tokens; bytes that are equal are one key. */
export class TokenMap<V> {
  readonly #texts = new Map<string, V>();
  /** Keys that are not UTF-8, one character for each byte. */
  readonly #bytes = new Map<string, V>();

  get(token: Token): V | undefined {
    return typeof token === "string" ? this.#texts.get(token) : this.#bytes.get(byteString(token));
  }

  set(token: Token, value: V): void {
    if (typeof token === "string") this.#texts.set(token, value);
    else this.#bytes.set(byteString(token), value);
  }

  entries(): [Token, V][] {
    const bytes = Array.from(this.#bytes, ([key, value]): [Token, V] => [Buffer.from(key, "latin1"), value]);
    return [...this.#texts, ...bytes];
  }
}

function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
