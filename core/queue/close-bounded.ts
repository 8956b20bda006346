const PATIENCE_MS = 2_000;

/** Closes a BullMQ queue or worker in order, or, when the broker does not answer, cuts its connections. */
export async function closeBounded(bull: { close(): Promise<void>; disconnect(): Promise<void> }): Promise<void> {
  const closing = bull.close().catch(() => undefined);
  await within(PATIENCE_MS, closing).catch(async () => {
    await within(PATIENCE_MS, bull.disconnect()).catch(() => undefined);
  });
}

/** Rejects when the work takes longer; its late result is dropped. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The broker did not answer within ${milliseconds} ms`)), milliseconds);
  });
  work.catch(() => undefined);
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
