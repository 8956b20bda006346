/** A stretch of a text: where it begins, and where what follows begins. */
export type Span = readonly [start: number, end: number];

/** How many characters of a text are kept one by one; what follows is compared as a whole. */
const DEPTH = 128;
/** Places are passed over that do not begin with the first so many characters of any text. */
const WIDTH = 4;
const BITS_EACH = 16 / WIDTH;
const HASHES = 1 << 16;

/**
 * Finds any of many texts within another. The time goes by the other's length, however many are looked for: one regular
 * expression of thousands takes seconds to be made, and as long for a text of a megabyte.
 */
export class TextFinder {
  /** The texts as a tree of characters: where a node and a character lead. */
  readonly #next = new Map<number, number>();
  /** By node: the texts that the way to it begins, and that have no node of their own. */
  readonly #ends: (string[] | undefined)[] = [undefined];
  /** Whether a text begins with characters of this hash. */
  readonly #begins = new Uint8Array(HASHES);
  #width = WIDTH;

  /** Looks for a text from now on; it must not be empty. */
  add(text: string): void {
    if (text.length < this.#width) {
      this.#width = 1;
      this.#begins.fill(1);
    }
    let [node, hash] = [0, 0];
    for (let at = 0; at < Math.min(text.length, DEPTH); at++) {
      const code = text.charCodeAt(at);
      if (at < WIDTH) hash = nextHash(hash, code);
      node = this.#nodeAfter(node, code);
    }
    this.#begins[hash] = 1;
    const ends = this.#ends[node];
    if (ends === undefined) this.#ends[node] = [text];
    else ends.push(text);
  }

  /** The stretches that the texts cover, in order; of those that overlap, what they cover together. */
  *spansIn(text: string): Generator<Span> {
    let [start, end, hash] = [0, 0, 0];
    const width = this.#width;
    for (let last = 0; last < text.length; last++) {
      hash = nextHash(hash, text.charCodeAt(last));
      const at = last - width + 1;
      if (this.#begins[hash] === 0 || at < 0) continue;
      const length = this.#longestAt(text, at);
      if (length === 0) continue;
      if (at >= end) {
        if (end > 0) yield [start, end];
        start = at;
      }
      end = Math.max(end, at + length);
    }
    if (end > 0) yield [start, end];
  }

  #longestAt(text: string, start: number): number {
    let [node, longest] = [0, 0];
    for (let at = start; at < text.length; at++) {
      const next = this.#next.get(keyOf(node, text.charCodeAt(at)));
      if (next === undefined) break;
      node = next;
      for (const each of this.#ends[node] ?? []) {
        if (each.length > longest && text.slice(start, start + each.length) === each) longest = each.length;
      }
    }
    return longest;
  }

  #nodeAfter(node: number, code: number): number {
    const key = keyOf(node, code);
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    const fresh = this.#ends.push(undefined) - 1;
    this.#next.set(key, fresh);
    return fresh;
  }
}

const keyOf = (node: number, code: number): number => node * 0x10000 + code;

/** The hash of the last characters: what came before them has been shifted out. */
const nextHash = (hash: number, code: number): number => ((hash << BITS_EACH) ^ code) & (HASHES - 1);
