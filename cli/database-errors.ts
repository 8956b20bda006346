import { DaisyError } from "#core/errors.ts";

/** PostgreSQL's codes for a table, a column or a schema that is not there. */
const MISSING = new Set(["42P01", "42703", "3F000"]);
const UNREACHABLE = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EAI_AGAIN", "ETIMEDOUT", "EHOSTUNREACH"]);
/** Classes of PostgreSQL's codes: connection, authorization, wrong database, server shutting down. */
const REFUSED = ["08", "28", "3D", "57"];

/** What a failed query tells the user, when it tells of the database's state rather than of a bug. */
export function explainDatabaseError(error: unknown): DaisyError | undefined {
  const { code, message, errors } = error as { code?: unknown; message?: string; errors?: Error[] };
  if (typeof code !== "string") return undefined;
  const reason = message || errors?.map((each) => each.message).join("; ") || code;
  if (MISSING.has(code)) return new DaisyError("DATABASE_NOT_READY", reason);
  if (UNREACHABLE.has(code) || REFUSED.includes(code.slice(0, 2)))
    return new DaisyError("DATABASE_UNREACHABLE", reason);
  return undefined;
}
