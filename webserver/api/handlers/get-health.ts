import type { Queryable } from "#core/database/connect.ts";
import { findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import type { HealthAnswer, HealthStatus } from "../../protocol.ts";
import type { Handler } from "../call.ts";

/** How the parts are. Always 200, so that who asks can tell a sick part from a server that does not answer. */
export const getHealth: Handler = async ({ server }): Promise<HealthAnswer> => {
  try {
    const { scheduler, triggerer } = server.config;
    return health(
      "healthy",
      await partHealth(server.db, "SchedulerJob", scheduler.scheduler_health_check_threshold),
      await partHealth(server.db, "TriggererJob", triggerer.triggerer_health_check_threshold),
    );
  } catch {
    const unknown: PartHealth = { status: "unhealthy", heartbeat: null };
    return health("unhealthy", unknown, unknown);
  }
};

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
