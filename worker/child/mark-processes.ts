import { PROCESS_MARK } from "../kill-marked.ts";

/** What carries it was started by this process, and by no try of it. */
const own = process.env[PROCESS_MARK] ?? "";

/** From now on what this process starts is told by a try's mark. */
export function markAsOfTry(mark: string): void {
  process.env[PROCESS_MARK] = mark;
}

/** From now on it is this process's only: what the try has started as a daemon lives on, whatever happens here. */
export function markAsOwn(): void {
  process.env[PROCESS_MARK] = own;
}

/** The marks of what must not outlive this process. */
export function marksThatEndHere(): string[] {
  return [...new Set([own, process.env[PROCESS_MARK] ?? own])].filter((mark) => mark !== "");
}
