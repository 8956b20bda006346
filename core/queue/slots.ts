/** A counting semaphore that makes nobody wait: who finds no slot goes away. */
export interface Slots {
  /** Whether there was a slot, which is now the caller's. */
  tryTake(): boolean;
  give(): void;
  /** Resolves when nobody has a slot. */
  allFree(): Promise<void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waitingForAll: (() => void)[] = [];
  return {
    tryTake: () => {
      if (free === 0) return false;
      free -= 1;
      return true;
    },
    give: () => {
      free += 1;
      if (free === count) for (const tell of waitingForAll.splice(0)) tell();
    },
    allFree: () => {
      if (free === count) return Promise.resolve();
      return new Promise((resolve) => waitingForAll.push(resolve));
    },
  };
}
