import { uuid7 } from "../uuid7.ts";
import type { Queryable } from "./connect.ts";

/** Asks the scheduler to parse a file at once; returns the request's id, which `daisy_parsed` tells when it is done. */
export async function requestParsing(db: Queryable, relativeFileloc: string): Promise<string> {
  const id = uuid7();
  await db.query(
    `with request as (
       insert into dag_priority_parsing_request (id, relative_fileloc) values ($1, $2) returning id
     )
     select pg_notify('daisy_parse', id::text) from request`,
    [id, relativeFileloc],
  );
  return id;
}

/** Whether a request has been answered; a request that is not there any more was. */
export async function isParsingFinished(db: Queryable, id: string): Promise<boolean> {
  const { rows } = await db.query<{ pending: boolean }>(
    "select exists (select 1 from dag_priority_parsing_request where id = $1 and finished_at is null) as pending",
    [id],
  );
  return !rows[0]!.pending;
}

/** The files that wait to be parsed, each with the ids of its requests. */
export async function pendingParsingRequests(db: Queryable): Promise<{ relativeFileloc: string; ids: string[] }[]> {
  const { rows } = await db.query<{ relativeFileloc: string; ids: string[] }>(
    `select relative_fileloc as "relativeFileloc", array_agg(id::text) as ids
       from dag_priority_parsing_request where finished_at is null group by relative_fileloc`,
  );
  return rows;
}

/** Says that requests are answered, tells those who wait, and forgets answered ones of yesterday. */
export async function finishParsingRequests(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    `with finished as (
       update dag_priority_parsing_request set finished_at = now() where id = any($1::uuid[]) and finished_at is null
       returning id
     ), old as (
       delete from dag_priority_parsing_request where finished_at < now() - interval '1 day'
     )
     select pg_notify('daisy_parsed', id::text) from finished`,
    [ids],
  );
}
