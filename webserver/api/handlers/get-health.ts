import type { Queryable } from "#core/database/connect.ts";
import { findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import { pauseFor } from "#core/duty.ts";
import type { HealthAnswer, HealthStatus } from "../../protocol.ts";
import type { Handler, Server } from "../call.ts";

/** Who asks does not wait for long; a database that takes longer is as good as none. */
const PATIENCE_MS = 5_000;

/** How the parts are. Always 200, so that who asks can tell a sick part from a server that does not answer. */
export const getHealth: Handler = async ({ server }): Promise<HealthAnswer> => {
  const answered = new AbortController();
  const tooLate = pauseFor(PATIENCE_MS, answered.signal).then(nothingKnown);
  try {
    return await Promise.race([readHealth(server).catch(nothingKnown), tooLate]);
  } finally {
    answered.abort();
  }
};

function nothingKnown(): HealthAnswer {
  const unknown: PartHealth = { status: "unhealthy", heartbeat: null };
  return health("unhealthy", unknown, unknown);
}

async function readHealth({ db, config: { scheduler, triggerer } }: Server): Promise<HealthAnswer> {
  return health(
    "healthy",
    await partHealth(db, "SchedulerJob", scheduler.scheduler_health_check_threshold),
    await partHealth(db, "TriggererJob", triggerer.triggerer_health_check_threshold),
  );
}

interface PartHealth {
  readonly status: HealthStatus;
  readonly heartbeat: string | null;
}

async function partHealth(db: Queryable, jobType: string, thresholdSeconds: number): Promise<PartHealth> {
  const found = await findLatestHeartbeat(db, jobType);
  // An installation without deferred tasks may have no triggerer, which Airflow's answer says by null.
  if (found === undefined && jobType === "TriggererJob") return { status: null, heartbeat: null };
  const status = isAlive(found, thresholdSeconds) ? "healthy" : "unhealthy";
  return { status, heartbeat: found?.latestHeartbeat.toISOString() ?? null };
}

function health(database: HealthStatus, scheduler: PartHealth, triggerer: PartHealth): HealthAnswer {
  return {
    metadatabase: { status: database },
    scheduler: { status: scheduler.status, latest_scheduler_heartbeat: scheduler.heartbeat },
    triggerer: { status: triggerer.status, latest_triggerer_heartbeat: triggerer.heartbeat },
    // The scheduler processes DAG files.
    dag_processor: { status: scheduler.status, latest_dag_processor_heartbeat: scheduler.heartbeat },
  };
}
