import type { Database } from "#core/database/connect.ts";
import { type HopelessTask, listHopelessTasks } from "#core/database/hopeless-tasks.ts";
import { listUnservedQueues } from "#core/database/served-queues.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";

/**
 * Warns, once while it lasts, of scheduled tasks that will wait for ever unless somebody does something: their pool
 * does not exist or is too small for them, or no worker serves their queue. The texts about pools are Airflow's
 * (`airflow/jobs/scheduler_job_runner.py`).
 */
export class HopelessTasks implements Duty {
  readonly name = "Warning of hopeless tasks";
  readonly #db: Database;
  readonly #everySeconds: number;
  readonly #servedQueues: () => readonly string[] | null;
  readonly #log: Log;
  #told: ReadonlySet<string> = new Set();

  /** @param servedQueues null: unknown, or there is no worker at all */
  constructor(db: Database, everySeconds: number, servedQueues: () => readonly string[] | null, log: Log) {
    this.#db = db;
    this.#everySeconds = everySeconds;
    this.#servedQueues = servedQueues;
    this.#log = log;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await pauseFor(this.#everySeconds * 1_000, signal);
    }
  }

  /** Looks once. */
  async look(): Promise<void> {
    const served = this.#servedQueues();
    const unserved = served === null ? [] : await listUnservedQueues(this.#db, served);
    const hopeless = await listHopelessTasks(this.#db);
    const warnings = new Set([...hopeless.map(explainPool), ...unserved.map(explainQueue)]);
    for (const warning of warnings) if (!this.#told.has(warning)) this.#log.warning(warning);
    this.#told = warnings;
  }
}

function explainPool({ dagId, taskId, pool, poolSlots, totalSlots }: HopelessTask): string {
  if (totalSlots === null) return `Tasks using non-existent pool '${pool}' will not be scheduled`;
  return (
    `Not executing ${dagId}.${taskId}. Requested pool slots (${poolSlots}) are greater than total pool slots: ` +
    `'${totalSlots}' for pool: ${pool}.`
  );
}

function explainQueue(queue: string): string {
  return `No worker serves queue '${queue}', so its tasks wait: airflow celery worker -q ${queue}`;
}
