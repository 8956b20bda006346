import { setTimeout as sleep } from "node:timers/promises";

const GIVE_UP_MS = 60_000;
const BETWEEN_MS = 25;

/** Looks until there is something, and returns it; false and undefined are nothing. Throws after 60 s. */
export async function until<T>(what: string, look: () => Promise<T | false | undefined>): Promise<T> {
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (;;) {
    const found = await look();
    if (found !== false && found !== undefined) return found;
    if (Date.now() > giveUpAt) throw new Error(`It did not happen that ${what}`);
    await sleep(BETWEEN_MS);
  }
}
