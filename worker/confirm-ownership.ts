import { absenceOf } from "#core/absence.ts";
import type { Queryable } from "#core/database/connect.ts";
import { heartbeatTries } from "#core/database/tries.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import type { RunningTries, RunningTry } from "./running-tries.ts";

const LOOK_MS = 250;
/** Tries are killed this long before others may take them for lost. */
const MARGIN_MS = 1_000;

/**
 * Who owns a try: the worker that the row names, as long as the row's state is `running`. This duty tells the
 * database every `task_instance_heartbeat_sec` that the tries are alive, all in one statement, and learns which are not this worker's any
 * more; those are stopped, and nothing of them is written.
 *
 * While the database cannot be asked, a try goes on for almost `task_instance_heartbeat_timeout`. Then it is killed,
 * because the scheduler may have given it up, and two executions must not overlap.
 */
export function confirmOwnership(db: Queryable, tries: RunningTries, everyMs: number, log: Log): Duty {
  return {
    name: "Confirming tries",
    async run(signal) {
      const absence = absenceOf(log, "The database");
      const look = setInterval(() => {
        for (const running of tries.all()) running.stopIfUnconfirmed();
      }, LOOK_MS);
      try {
        while (!signal.aborted) {
          const asked = tries.all().filter((running) => !running.isSettling);
          // With nothing to ask, nothing is known of the database.
          if (asked.length > 0) await confirmOnce(db, asked, everyMs).then(absence.answered, absence.failed);
          await pauseFor(everyMs, signal);
        }
      } finally {
        clearInterval(look);
      }
    },
  };
}

async function confirmOnce(db: Queryable, asked: readonly RunningTry[], everyMs: number): Promise<void> {
  const sentAt = performance.now();
  const ids = asked.map(({ claimed }) => claimed.id);
  const answers = await withinTime(everyMs * 3, heartbeatTries(db, ids));
  for (const running of asked) {
    const { state, isWritten } = answers.get(running.claimed.id) ?? { state: null, isWritten: false };
    if (state !== "running") running.stop({ kind: "disowned", state });
    else if (isWritten) running.confirmedAt = sentAt;
  }
}

/** Milliseconds between heartbeats of tries: not so many that one which fails is a try lost. */
export function heartbeatMs(settings: {
  readonly task_instance_heartbeat_sec: number;
  readonly task_instance_heartbeat_timeout: number;
}): number {
  const seconds = settings.task_instance_heartbeat_sec || 1;
  return Math.min(seconds, settings.task_instance_heartbeat_timeout / 3) * 1_000;
}

/** How long a try is taken for this worker's after the database confirmed it, in milliseconds. */
export function trustAfterConfirmation(timeoutSeconds: number): number {
  return Math.max(timeoutSeconds * 1_000 - MARGIN_MS, timeoutSeconds * 500);
}

async function withinTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  work.catch(() => undefined);
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
