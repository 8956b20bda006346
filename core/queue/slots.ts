/** A counting semaphore, first come first served. */
export interface Slots {
  /** Resolves with whether there is a slot: false when no more are given. */
  take(): Promise<boolean>;
  give(): void;
  /** Gives no more slots, not to those that wait either. */
  close(): void;
  /** Resolves when nobody has a slot. */
  allFree(): Promise<void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  let isClosed = false;
  const waiting: ((isGiven: boolean) => void)[] = [];
  const waitingForAll: (() => void)[] = [];
  return {
    take: () => {
      if (isClosed) return Promise.resolve(false);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(true);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    give: () => {
      const next = waiting.shift();
      if (next) {
        next(true);
        return;
      }
      free += 1;
      if (free === count) for (const tell of waitingForAll.splice(0)) tell();
    },
    close: () => {
      isClosed = true;
      for (const refuse of waiting.splice(0)) refuse(false);
    },
    allFree: () => {
      if (free === count) return Promise.resolve();
      return new Promise((resolve) => waitingForAll.push(resolve));
    },
  };
}
