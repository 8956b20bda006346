import { randomBytes } from "node:crypto";
import { type Database, normalizeUrl, type Transaction, transaction } from "./connect.ts";

/** A login of the database for the tasks of one worker. */
export interface TaskLogin {
  readonly url: string;
  /** Takes the login away; fine to call when the database is gone. */
  drop(): Promise<void>;
}

/** The schema of ML Metadata's tables, all that a task's login reaches. */
const METADATA_SCHEMA = "mlmd";
/** Held while roles change: PostgreSQL refuses two changes of one role at once. */
const ROLES_LOCK = 5_270_414;
/** Logins of workers that have not been heard of for so long are taken away. */
const FORGOTTEN_AFTER = "1 hour";

/**
 * Makes a login that can use the schema of ML Metadata and nothing else. Logins of workers that died are taken away.
 * All of them act as one group role of the database, which therefore owns what they make.
 * @param url the worker's own; its role must be allowed to create roles
 * @param jobId the worker's row in `job`
 * @throws what PostgreSQL says when the worker's role may not create roles (code 42501)
 */
export async function createTaskLogin(db: Database, url: string, jobId: string): Promise<TaskLogin> {
  const password = randomBytes(24).toString("hex");
  const login = await transaction(db, async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [ROLES_LOCK]);
    const { rows } = await tx.query<{ oid: number }>(
      "select oid::bigint as oid from pg_database where datname = current_database()",
    );
    // Roles belong to the whole server, so their names tell the database.
    const { oid } = rows[0]!;
    const group = `daisy_metadata_${oid}`;
    await ensureGroup(tx, group);
    await dropForgotten(tx, `daisy_task_${oid}_`);
    const name = `daisy_task_${oid}_${shortId(jobId)}`;
    await tx.query(`create role ${name} login password '${password}' in role ${group}`);
    await tx.query(`alter role ${name} set role ${group}`);
    return name;
  });
  const taskUrl = new URL(normalizeUrl(url));
  taskUrl.username = login;
  taskUrl.password = password;
  return {
    url: taskUrl.href,
    drop: () => db.query(`drop role if exists ${login}`).then(nothing, nothing),
  };
}

async function ensureGroup(tx: Transaction, group: string): Promise<void> {
  const { rowCount } = await tx.query("select from pg_roles where rolname = $1", [group]);
  if (rowCount === 0) await tx.query(`create role ${group} nologin`);
  await tx.query(`create schema if not exists ${METADATA_SCHEMA}`);
  await tx.query(`grant usage, create on schema ${METADATA_SCHEMA} to ${group}`);
  for (const things of ["tables", "sequences"]) {
    await tx.query(`grant all on all ${things} in schema ${METADATA_SCHEMA} to ${group}`);
    await tx.query(`alter default privileges in schema ${METADATA_SCHEMA} grant all on ${things} to ${group}`);
  }
}

async function dropForgotten(tx: Transaction, prefix: string): Promise<void> {
  const { rows: roles } = await tx.query<{ rolname: string }>(
    "select rolname from pg_roles where starts_with(rolname, $1)",
    [prefix],
  );
  const { rows: workers } = await tx.query<{ id: string }>(
    `select id from job where job_type = 'WorkerJob' and latest_heartbeat > now() - interval '${FORGOTTEN_AFTER}'`,
  );
  const live = new Set(workers.map(({ id }) => `${prefix}${shortId(id)}`));
  for (const { rolname } of roles) if (!live.has(rolname)) await tx.query(`drop role ${rolname}`);
}

/** A job's id as far as it fits into the name of a role. */
function shortId(jobId: string): string {
  return jobId.replaceAll("-", "");
}

const nothing = () => undefined;
