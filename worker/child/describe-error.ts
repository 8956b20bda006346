import { inspect } from "node:util";

const LONGEST_REPORT = 64 * 1024;
/** Lines of a stack that say how Daisy came to call the handler. */
const OWN_FRAME =
  /\n +at .*(worker\/child\/|worker\/run-child\.ts|sdk\/task-scope\.ts|AsyncLocalStorage\.run|processTicksAndRejections).*/g;

/** What was thrown, with its stack and its causes, for the log. */
export function describe(error: unknown): string {
  if (!(error instanceof Error))
    return `Thrown: ${typeof error === "string" ? error : inspect(error)}`.slice(0, LONGEST_REPORT);
  const own = (error.stack ?? `${error.name}: ${error.message}`).replace(OWN_FRAME, "");
  const cause = error.cause === undefined ? "" : `\nCaused by: ${describe(error.cause)}`;
  return (own + cause).slice(0, LONGEST_REPORT);
}
