import type { KnownSecrets } from "#core/secrets/known-secrets.ts";
import { cutBetween } from "./split-output.ts";
import type { TryEnd } from "./task-process.ts";

/** What was thrown is told to callbacks and mails, which the database keeps for them. */
const LONGEST_REPORT = 64 * 1024;

/** How a try ended, with what it has thrown cut where no secret is: half of one would not be known for a secret. */
export function withShortReport(end: TryEnd, secrets: Pick<KnownSecrets, "longest" | "cutNear">): TryEnd {
  if (end.kind !== "ended" || end.ending.kind !== "failed") return end;
  const { stack } = end.ending;
  if (stack.length <= LONGEST_REPORT) return end;
  return { ...end, ending: { ...end.ending, stack: stack.slice(0, cutBetween(stack, LONGEST_REPORT, secrets)) } };
}
