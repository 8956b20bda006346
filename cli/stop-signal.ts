const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How a process is asked to end: first politely, then at once. */
export interface StopSignals {
  /** Aborts at the first request: by Ctrl-C, SIGTERM, the terminal's closing, or the death of a parent with a channel. */
  readonly signal: AbortSignal;
  /** Aborts at the second request: what is being finished is to be cut off. A third one ends the process as it is. */
  readonly hard: AbortSignal;
}

/** Takes over the process's signals. */
export function stopSignals(): StopSignals {
  const [soft, hard] = [new AbortController(), new AbortController()];
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (hard.signal.aborted) process.exit(130);
      if (soft.signal.aborted && name !== "SIGHUP") hard.abort();
      soft.abort();
    });
  }
  if (process.channel) {
    process.once("disconnect", () => soft.abort());
    process.channel.unref();
  }
  return { signal: soft.signal, hard: hard.signal };
}
