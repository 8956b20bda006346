import { inspect } from "node:util";

/** More than the worker keeps: it cuts what it keeps where no secret is, which only it knows. */
const LONGEST_SENT = 1024 * 1024;
/** Causes of causes: one may have itself for a cause. */
const MOST_CAUSES = 20;
/** Lines of a stack that say how Daisy came to call the handler. */
const OWN_FRAME =
  /\n +at .*(worker\/child\/|worker\/run-child\.ts|sdk\/task-scope\.ts|AsyncLocalStorage\.run|processTicksAndRejections).*/g;

/** What was thrown, with its stack and its causes, for the log. */
export function describe(error: unknown): string {
  return tell(error, MOST_CAUSES).slice(0, LONGEST_SENT);
}

function tell(error: unknown, causes: number): string {
  if (!(error instanceof Error)) {
    return `Thrown: ${typeof error === "string" ? error : inspect(error, { maxStringLength: null })}`;
  }
  const own = (error.stack ?? `${error.name}: ${error.message}`).replace(OWN_FRAME, "");
  const hasCause = error.cause !== undefined && causes > 0;
  return hasCause ? `${own}\nCaused by: ${tell(error.cause, causes - 1)}` : own;
}
