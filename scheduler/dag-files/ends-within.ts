import { createContext, Script } from "node:vm";

const ROOM: { work: () => void } = { work: () => undefined };
const CONTEXT = createContext(ROOM);
const SCRIPT = new Script("work()");

/**
 * Does something synchronous and breaks it off when it takes too long, be it in the middle of a regular expression, which
 * nothing else of the same thread can do.
 * @returns whether it came to its end
 */
export function endsWithin(limitMs: number, work: () => void): boolean {
  ROOM.work = work;
  try {
    SCRIPT.runInContext(CONTEXT, { timeout: limitMs });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return false;
    throw error;
  }
}
