import type { Queryable } from "./connect.ts";

export interface ImportError {
  readonly relativeFileloc: string;
  readonly fileloc: string;
  /** What is shown: `file:line: message`, then the stack. */
  readonly stackTrace: string;
}

/** Stores why a file could not be loaded, in place of what was stored for it, and marks its DAGs. */
export async function putImportError(db: Queryable, error: ImportError): Promise<void> {
  await db.query(
    `insert into import_error (relative_fileloc, fileloc, stack_trace) values ($1, $2, $3)
     on conflict (relative_fileloc) do update
       set fileloc = excluded.fileloc, stack_trace = excluded.stack_trace, timestamp = now()
       where import_error.stack_trace <> excluded.stack_trace`,
    [error.relativeFileloc, error.fileloc, error.stackTrace],
  );
  await db.query("update dag set has_import_errors = true where relative_fileloc = $1 and not is_stale", [
    error.relativeFileloc,
  ]);
}

/** Adds a line to what is stored for a file that was loaded. */
export async function addImportError(
  db: Queryable,
  { relativeFileloc, fileloc, stackTrace }: ImportError,
): Promise<void> {
  const { rows } = await db.query<{ stackTrace: string }>(
    'select stack_trace as "stackTrace" from import_error where relative_fileloc = $1',
    [relativeFileloc],
  );
  const lines = [...(rows[0]?.stackTrace.split("\n") ?? []), stackTrace];
  await putImportError(db, { relativeFileloc, fileloc, stackTrace: [...new Set(lines)].join("\n") });
}

/** Forgets a file's import error. */
export async function deleteImportError(db: Queryable, relativeFileloc: string): Promise<void> {
  await db.query("delete from import_error where relative_fileloc = $1", [relativeFileloc]);
}
