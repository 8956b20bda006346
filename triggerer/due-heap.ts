/** Items with the times at which they are due, earliest first (a binary heap). */
export class DueHeap<T> {
  readonly #entries: { readonly item: T; readonly at: number }[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** When the first one is due; infinity when there is none. */
  get next(): number {
    return this.#entries[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  add(item: T, at: number): void {
    const entries = this.#entries;
    let place = entries.push({ item, at }) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (entries[above]!.at <= at) break;
      this.#swap(place, above);
      place = above;
    }
  }

  /** Takes out all that are due by then. */
  take(until: number): T[] {
    const due: T[] = [];
    while (this.next <= until) due.push(this.#takeFirst());
    return due;
  }

  #takeFirst(): T {
    const entries = this.#entries;
    this.#swap(0, entries.length - 1);
    const { item } = entries.pop()!;
    for (let place = 0; ; ) {
      const below = 2 * place + 1;
      if (below >= entries.length) return item;
      const smaller = (entries[below + 1]?.at ?? Number.POSITIVE_INFINITY) < entries[below]!.at ? below + 1 : below;
      if (entries[place]!.at <= entries[smaller]!.at) return item;
      this.#swap(place, smaller);
      place = smaller;
    }
  }

  #swap(one: number, other: number): void {
    const entries = this.#entries;
    const entry = entries[one]!;
    entries[one] = entries[other]!;
    entries[other] = entry;
  }
}
