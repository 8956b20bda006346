import { DaisyError } from "./errors.ts";

/** SQLSTATE classes of errors that pass: connection, resources, operator intervention, transaction rollback. */
const PASSING_CLASSES = new Set(["08", "53", "57", "40"]);
/** Of those, what says that the server is away or in need, rather than that it chose a victim. */
const AWAY_CLASSES = new Set(["08", "53", "57"]);
/** This process was so slow in a transaction that the server ended it. */
const IDLE_IN_TRANSACTION = "25P03";
const SQLSTATE = /^[0-9A-Z]{5}$/;

/** What the system says when another machine, or a program on this one, cannot be reached. */
const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
/** How `pg` says, without a code, that a connection broke, was not had, or was not answered in time. */
const BROKEN =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered)/;

interface Coded {
  readonly code?: unknown;
  /** Only errors of the system have one. */
  readonly syscall?: unknown;
  readonly message?: unknown;
}

/** The code that PostgreSQL gave; errors of the system, such as EPIPE, have codes of the same length. */
function sqlState({ code, syscall }: Coded): string | undefined {
  return syscall === undefined && typeof code === "string" && SQLSTATE.test(code) ? code : undefined;
}

/**
 * Whether the same statement may succeed later: the server is away, shutting down, or chose a deadlock's victim. What
 * we refuse ourselves, and a mistake in the code, stay.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof DaisyError || error instanceof TypeError || error instanceof RangeError) return false;
  const state = sqlState(error as Coded);
  // What the server did not say comes from the network.
  return state === undefined || PASSING_CLASSES.has(state.slice(0, 2)) || state === IDLE_IN_TRANSACTION;
}

/** Whether an error tells that the database's server is away, shutting down or out of resources, and nothing else. */
export function isServerAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message, syscall } = error as Coded;
  // Whatever keeps us from connecting, such as too many open files.
  if (syscall === "connect" || (typeof code === "string" && UNREACHABLE.has(code))) return true;
  const state = sqlState(error as Coded);
  return state === undefined ? BROKEN.test(String(message)) : AWAY_CLASSES.has(state.slice(0, 2));
}
