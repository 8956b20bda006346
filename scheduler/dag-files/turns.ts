import { AGAIN, merge, NEW, type Rank, URGENT, type Wish } from "./known-file.ts";

/** The files that wait to be parsed, each once, by rank and then in the order in which they came. */
export class Turns {
  readonly #waiting: Readonly<Record<Rank, Map<string, Wish>>> = {
    [URGENT]: new Map(),
    [NEW]: new Map(),
    [AGAIN]: new Map(),
  };

  add(file: string, wish: Wish): void {
    const merged = merge(wish, this.#find(file));
    // One that waits already keeps its place, unless it goes up.
    if (!this.#waiting[merged.rank].has(file)) this.remove(file);
    this.#waiting[merged.rank].set(file, merged);
  }

  /** Takes the next one out, of those with at most this rank. */
  take(most: Rank = AGAIN): { readonly file: string; readonly wish: Wish } | undefined {
    for (const rank of [URGENT, NEW, AGAIN] as const) {
      if (rank > most) return undefined;
      for (const [file, wish] of this.#waiting[rank]) {
        this.#waiting[rank].delete(file);
        return { file, wish };
      }
    }
    return undefined;
  }

  remove(file: string): void {
    for (const waiting of Object.values(this.#waiting)) waiting.delete(file);
  }

  clear(): void {
    for (const waiting of Object.values(this.#waiting)) waiting.clear();
  }

  #find(file: string): Wish | undefined {
    return Object.values(this.#waiting).flatMap((waiting) => waiting.get(file) ?? [])[0];
  }
}
