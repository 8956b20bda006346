import type { Log } from "../log.ts";

const QUIET_MS = 10_000;

/**
 * Logs the first error at once and then at most one line in ten seconds, with a count: a broker that is away
 * raises an error at every attempt to reconnect.
 */
export function logErrorsSparingly(log: Log, what: string): (error: Error) => void {
  let quietUntil = 0;
  let unsaid = 0;
  return (error) => {
    if (Date.now() < quietUntil) {
      unsaid += 1;
      return;
    }
    const more = unsaid === 0 ? "" : ` (and ${unsaid} more like it)`;
    log.warning(`${what}: ${error.message || (error as NodeJS.ErrnoException).code || error.name}${more}`);
    quietUntil = Date.now() + QUIET_MS;
    unsaid = 0;
  };
}
