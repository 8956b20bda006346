import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 2_000;
/** What a console that is open asks for. */
const PAGES = [
  "/ui/dags",
  "/api/v2/dags?limit=50",
  "/ui/dags/chain/grid",
  "/ui/dags/chain/structure",
  "/api/v2/importErrors",
];

/** Counts what clients were answered. */
export interface ClientStory {
  answers: number;
  refusals: number;
  events: number;
}

/** Consoles that listen to the server's events, some leaving and coming back, and one that asks for pages. */
export async function runClients(url: string, story: ClientStory, signal: AbortSignal): Promise<void> {
  const listeners = [60, 300, 7_200].map((seconds) => listenForEver(`${url}/ui/events`, seconds, story, signal));
  await Promise.all([...listeners, poll(url, story, signal)]);
}

async function listenForEver(url: string, seconds: number, story: ClientStory, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(url, story, AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)])).catch(
      () => undefined,
    );
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}

async function listenOnce(url: string, story: ClientStory, signal: AbortSignal): Promise<void> {
  const { body } = await fetch(url, { signal });
  for await (const chunk of body!) if (Buffer.from(chunk).includes("event: change")) story.events += 1;
}

async function poll(url: string, story: ClientStory, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    for (const page of PAGES) {
      const isFine = await fetch(`${url}${page}`, { signal }).then(
        async (answer) => {
          await answer.arrayBuffer();
          return answer.ok;
        },
        () => false,
      );
      if (isFine) story.answers += 1;
      else if (!signal.aborted) story.refusals += 1;
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}
