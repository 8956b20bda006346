/** A counting semaphore, first come first served. */
export interface Slots {
  take(): Promise<void>;
  give(): void;
  /** Resolves when nobody has a slot. */
  allFree(): Promise<void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const waitingForAll: (() => void)[] = [];
  return {
    take: () => {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
    give: () => {
      const next = waiting.shift();
      if (next) {
        next();
        return;
      }
      free += 1;
      if (free === count) for (const tell of waitingForAll.splice(0)) tell();
    },
    allFree: () => {
      if (free === count) return Promise.resolve();
      return new Promise((resolve) => waitingForAll.push(resolve));
    },
  };
}
