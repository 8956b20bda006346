import type { Log } from "./log.ts";

/** What a process depends on and waits for, with what is said when it is away and when it is back. */
const WORDS = {
  "The database": ["does not answer", "answers again"],
  "The broker": ["does not answer", "answers again"],
  "The folder of task logs": ["takes no lines", "takes lines again"],
} as const;
export type Server = keyof typeof WORDS;

/** Says in a process's log that a server is away, and when it is back. */
export interface Absence {
  /** An attempt to reach the server failed. */
  failed(error: unknown): void;
  /** The server answered. Costs next to nothing while it was never away. */
  answered(): void;
}

/** After a line about a server's absence, so long nothing more is said of it. */
const QUIET_MS = 10_000;

const voices = new WeakMap<Log, Map<Server, Absence>>();

/**
 * The one voice in which a process speaks of a server's absence. Many parts of it notice when a server is away, and
 * each tries again and again; the log has a line at once, then at most one in ten seconds, with a count, and one when
 * the server is back, however long that takes.
 */
export function absenceOf(log: Log, server: Server): Absence {
  const ofLog = voices.get(log) ?? new Map<Server, Absence>();
  voices.set(log, ofLog);
  const known = ofLog.get(server) ?? createAbsence(log, server);
  ofLog.set(server, known);
  return known;
}

/** @param now milliseconds of a clock that never jumps */
export function createAbsence(log: Log, server: Server, now = () => performance.now()): Absence {
  const [isAway, isBack] = WORDS[server];
  let awaySince: number | undefined;
  let quietUntil = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  let isSaid = false;
  return {
    failed(error) {
      const at = now();
      awaySince ??= at;
      if (at < quietUntil) {
        unsaid += 1;
        return;
      }
      const more = unsaid === 0 ? "" : `; ${unsaid} more attempts failed since the last such line`;
      log.warning(`${server} ${isAway} (${reasonOf(error)}${more}); trying again`);
      quietUntil = at + QUIET_MS;
      unsaid = 0;
      isSaid = true;
    },
    answered() {
      if (awaySince === undefined) return;
      // One that comes and goes many times in ten seconds is spoken of once.
      if (isSaid) log.info(`${server} ${isBack} after ${((now() - awaySince) / 1_000).toFixed(1)} s`);
      awaySince = undefined;
      isSaid = false;
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, errors } = error as { code?: string; errors?: readonly Error[] };
  return error.message || errors?.map((each) => each.message).join("; ") || code || error.name;
}
