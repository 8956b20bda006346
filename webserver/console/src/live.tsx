import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import type { ChangeEvent } from "../../protocol.ts";

/** How long the connection may be away before that is said, in milliseconds. */
const PATIENCE_MS = 3_000;

const Connected = createContext(true);

/** Whether the server tells us what changes. */
export function useConnected(): boolean {
  return useContext(Connected);
}

/** Listens to the server's events and has what they are about read again. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const events = new EventSource("/ui/events");
    const refresher = createRefresher(client);
    let patience: ReturnType<typeof setTimeout> | undefined;
    events.addEventListener("hello", () => {
      clearTimeout(patience);
      patience = undefined;
      setConnected(true);
      // Whatever happened while we were away, or between what was read first and now.
      refresher({ dag_ids: [] });
    });
    events.addEventListener("change", (event) => refresher(JSON.parse(event.data as string) as ChangeEvent));
    events.addEventListener("error", () => {
      patience ??= setTimeout(() => setConnected(false), PATIENCE_MS);
    });
    return () => {
      clearTimeout(patience);
      events.close();
    };
  }, [client]);
  return <Connected value={connected}>{children}</Connected>;
}

/**
 * Reads again what changes are about, one round at a time: changes that come meanwhile are gathered for the next
 * round, so that a busy run neither starves the reading nor is missed.
 */
function createRefresher(client: QueryClient): (change: ChangeEvent) => void {
  let gathered: Set<string> | undefined;
  let everything = false;
  let busy = false;
  const run = async () => {
    busy = true;
    while (gathered !== undefined) {
      const dagIds = gathered;
      const all = everything;
      gathered = undefined;
      everything = false;
      const keys = all
        ? [["lists"], ["dag"], ["fixed"], ["health"]]
        : [["lists"], ...[...dagIds].map((dagId) => ["dag", dagId])];
      await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
    }
    busy = false;
  };
  return ({ dag_ids }) => {
    gathered ??= new Set();
    for (const dagId of dag_ids) gathered.add(dagId);
    everything ||= dag_ids.length === 0;
    if (!busy) void run();
  };
}
