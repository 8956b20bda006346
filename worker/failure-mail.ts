import type { CallbackTask, ClaimedCallback } from "#core/database/callback-requests.ts";
import { lookUpConnection } from "#core/secrets/lookup.ts";
import { type Mail, readAddresses, sendMail } from "#sdk/send-mail.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import { MAIL_CONNECTION } from "./mail-default.ts";
import type { TryEffects } from "./run-try.ts";
import type { TryLog } from "./try-log.ts";

/** Whether a task wants its people told by mail of a try that failed. */
export function wantsMail(task: SerializedTaskFields | undefined, event: ClaimedCallback["event"]): boolean {
  if (task?.email === undefined) return false;
  if (event === "failure") return task.email_on_failure ?? true;
  return event === "retry" && (task.email_on_retry ?? true);
}

/** Sends Airflow's mail about a try that failed. One that cannot be sent is logged, and changes nothing. */
export async function mailFailure(
  claimed: ClaimedCallback,
  task: CallbackTask,
  addresses: string | readonly string[],
  tryLog: TryLog,
  effects: TryEffects,
  signal: AbortSignal,
): Promise<void> {
  const to = readAddresses(addresses);
  try {
    const connection = await lookUpConnection(effects.db, effects.box, MAIL_CONNECTION);
    if (connection === null) throw new Error(`There is no connection ${MAIL_CONNECTION}`);
    await sendMail(connection, failureMail(to, claimed, task, effects.baseUrl), signal);
    tryLog.write("INFO", `Sent an email to ${to.join(", ")}`);
  } catch (error) {
    tryLog.write("ERROR", `Failed to send email to: ${to.join(", ")}\n${(error as Error).message}`);
  }
}

/** The subject and text that Airflow has for it. */
export function failureMail(
  to: readonly string[],
  { dagId, runId, exception }: Pick<ClaimedCallback, "dagId" | "runId" | "exception">,
  task: CallbackTask,
  baseUrl: string,
): Mail {
  const { taskId, mapIndex, tryNumber, maxTries, state, hostname } = task;
  const mapped = mapIndex >= 0 ? ` map_index=${mapIndex}` : "";
  const page = ["dags", dagId, "runs", runId, "tasks", taskId, ...(mapIndex >= 0 ? ["mapped", String(mapIndex)] : [])];
  const url = `${baseUrl.replace(/\/+$/, "")}/${page.map(encodeURIComponent).join("/")}?try_number=${tryNumber}`;
  const link = escapeHtml(url);
  return {
    to,
    subject: `Airflow alert: <TaskInstance: ${dagId}.${taskId} ${runId}${mapped} [${state}]>`,
    html:
      `Try ${tryNumber} out of ${Math.max(maxTries + 1, tryNumber)}<br>` +
      `Exception:<br>${escapeHtml(exception ?? "").replaceAll("\n", "<br>")}<br>` +
      `Log: <a href="${link}">Link</a><br>` +
      `Host: ${escapeHtml(hostname ?? "")}<br>` +
      `Mark success: <a href="${link}">Link</a><br>`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
