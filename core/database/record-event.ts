import { maskSecrets } from "../secrets/mask-secrets.ts";
import type { Queryable } from "./connect.ts";

/** What somebody did, for the audit log. */
export interface AuditEvent {
  /** Airflow's name for it, such as `trigger_dag_run`. */
  readonly event: string;
  /** Who did it; null while nobody logs in. */
  readonly owner?: string | null;
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly extra?: unknown;
}

/** Writes down what somebody did, without secrets. */
export async function recordEvent(db: Queryable, event: AuditEvent): Promise<void> {
  await db.query("insert into log (event, owner, dag_id, run_id, task_id, extra) values ($1, $2, $3, $4, $5, $6)", [
    event.event,
    event.owner ?? null,
    event.dagId ?? null,
    event.runId ?? null,
    event.taskId ?? null,
    event.extra === undefined ? null : JSON.stringify(maskSecrets(event.extra)),
  ]);
}
