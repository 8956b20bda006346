/**
 * Makes one write out of many: while a write is under way, items gather, and the next write takes them all. A lone
 * item is written at once, so gathering costs no time when there is little to do.
 * @param write takes a batch and resolves to one result an item, in order
 * @param maxBatch the most items of one write
 */
export function groupCommit<T, R>(
  write: (items: readonly T[]) => Promise<readonly R[]>,
  maxBatch = 256,
): (item: T) => Promise<R> {
  const waiting: { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }[] = [];
  let writing = false;

  async function writeAll(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch);
      try {
        const results = await write(batch.map(({ item }) => item));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // What comes in one turn of the event loop goes in one write.
      if (!writing) {
        writing = true;
        queueMicrotask(() => void writeAll());
      }
    });
}
