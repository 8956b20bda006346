import { absenceOf } from "#core/absence.ts";
import type { Queryable } from "#core/database/connect.ts";
import { heartbeatTries } from "#core/database/tries.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import type { RunningTries } from "./running-tries.ts";

const HEARTBEAT_MS = 1_000;
const LOOK_MS = 250;
/** Tries are killed this long before others may take them for lost. */
const MARGIN_MS = 1_000;

/**
 * Who owns a try: the worker that the row names, as long as the row's state is `running`. This duty tells the
 * database every second that the tries are alive, all in one statement, and learns which are not this worker's any
 * more; those are stopped, and nothing of them is written.
 *
 * While the database cannot be asked, a try goes on for almost `task_instance_heartbeat_timeout`. Then it is killed,
 * because the scheduler may have given it up, and two executions must not overlap.
 */
export function confirmOwnership(db: Queryable, tries: RunningTries, log: Log): Duty {
  return {
    name: "Confirming tries",
    async run(signal) {
      const absence = absenceOf(log, "The database");
      const look = setInterval(() => {
        for (const running of tries.all()) running.stopIfUnconfirmed();
      }, LOOK_MS);
      try {
        while (!signal.aborted) {
          await confirmOnce(db, tries).then(absence.answered, absence.failed);
          await pauseFor(HEARTBEAT_MS, signal);
        }
      } finally {
        clearInterval(look);
      }
    },
  };
}

async function confirmOnce(db: Queryable, tries: RunningTries): Promise<void> {
  const asked = tries.all().filter((running) => !running.isSettling);
  if (asked.length === 0) return;
  const sentAt = performance.now();
  const ids = asked.map(({ claimed }) => claimed.id);
  const states = await withinTime(HEARTBEAT_MS * 3, heartbeatTries(db, ids));
  for (const running of asked) {
    const state = states.get(running.claimed.id) ?? null;
    if (state === "running") running.confirmedAt = sentAt;
    else running.stop({ kind: "disowned", state });
  }
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
