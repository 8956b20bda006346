import { findLatestHeartbeat } from "#core/database/console-lists.ts";
import type { HealthAnswer, HealthStatus } from "../../protocol.ts";
import type { Handler } from "../call.ts";

/** How the parts are. Always 200, so that who asks can tell a sick part from a server that does not answer. */
export const getHealth: Handler = async ({ server }): Promise<HealthAnswer> => {
  try {
    const heartbeat = await findLatestHeartbeat(server.db, "SchedulerJob");
    const status: HealthStatus =
      heartbeat?.running && heartbeat.secondsAgo <= server.config.scheduler.scheduler_health_check_threshold
        ? "healthy"
        : "unhealthy";
    return health("healthy", status, heartbeat?.latestHeartbeat.toISOString() ?? null);
  } catch {
    return health("unhealthy", "unhealthy", null);
  }
};

function health(database: HealthStatus, scheduler: HealthStatus, heartbeat: string | null): HealthAnswer {
  return {
    metadatabase: { status: database },
    scheduler: { status: scheduler, latest_scheduler_heartbeat: heartbeat },
    triggerer: { status: null, latest_triggerer_heartbeat: null },
    // The scheduler processes DAG files.
    dag_processor: { status: scheduler, latest_dag_processor_heartbeat: heartbeat },
  };
}
