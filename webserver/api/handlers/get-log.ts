import { listPastTries, type TaskInstanceRow, type TryRow } from "#core/database/console-task-instances.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { TaskLogPart } from "#core/task-logs.ts";
import { type FoundLog, findLog } from "../../find-log.ts";
import type { LogAnswer, LogLine } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { parseInteger, readBoolean, readString } from "../read-query.ts";

/** A log this long is not sent in one answer, even when all of it is asked for. */
const MAX_FULL_BYTES = 64 * 1024 * 1024;

/**
 * The log of a try. As JSON: the lines from `token` on, and the token to go on with, which is null when there is
 * nothing to wait for. As `text/plain` or `application/x-ndjson`: all of it.
 */
export const getLog: Handler = async (call): Promise<LogAnswer | undefined> => {
  const { request, response, params } = call;
  const task = await taskInstanceOf(call);
  const tryNumber = parseInteger(params.tryNumber!, ["path", "try_number"], 0);
  const attempt = await findTry(call, task, tryNumber);
  if (attempt === undefined) {
    throw new ApiError(404, `TaskInstance ${task.task_id} of run ${task.run_id} has no try ${tryNumber}`);
  }
  const key = { dagId: task.dag_id, runId: task.run_id, taskId: task.task_id, mapIndex: task.map_index, tryNumber };
  const log = {
    find: (from: number) => findLog(call.server, key, attempt, from),
    hasEnded: attempt !== task || !(task.state === "running" || task.state === "restarting" || task.state === "queued"),
  };
  const type = request.accepts(["application/json", "text/plain", "application/x-ndjson"]);
  if (type === "application/json") {
    const from = readToken(readString(call.query, "token"));
    return readBoolean(call.query, "full_content") ? readAll(log, from) : readPart(log, from);
  }
  const { content } = await readAll(log, 0);
  if (type === "text/plain") response.type("text/plain").send(content.map(lineText).join(""));
  else if (type === "application/x-ndjson") {
    response.type("application/x-ndjson").send(content.map((line) => `${JSON.stringify(line)}\n`).join(""));
  } else throw new ApiError(406, "Only application/json, text/plain and application/x-ndjson contents are supported");
  return undefined;
};

interface TryLog {
  /** Reads on from a byte. */
  readonly find: (from: number) => Promise<FoundLog>;
  /** Whether nothing more will be written. */
  readonly hasEnded: boolean;
}

async function findTry({ server }: Call, task: TaskInstanceRow, tryNumber: number): Promise<TryRow | undefined> {
  if (tryNumber === task.try_number) return task;
  const past = await listPastTries(server.db, task.dag_run_id, task.task_id, task.map_index);
  return past.find((attempt) => attempt.try_number === tryNumber);
}

async function readPart(log: TryLog, from: number): Promise<LogAnswer> {
  const found = await log.find(from);
  if (!("part" in found)) {
    if (found.mayCome && !log.hasEnded) return { content: [], continuation_token: writeToken(from) };
    return { content: found.complaints.map((event) => ({ event })), continuation_token: null };
  }
  const { part } = found;
  const { text, offset } = wholeLines(part, log.hasEnded);
  const isLast = log.hasEnded && (offset >= part.size || text === "");
  return { content: readLines(text), continuation_token: isLast ? null : writeToken(offset) };
}

async function readAll(log: TryLog, from: number): Promise<LogAnswer> {
  const content: LogLine[] = [];
  for (let offset = from; ; ) {
    const answer = await readPart(log, offset);
    // A log can have more lines than a call can have arguments.
    for (const line of answer.content) content.push(line);
    if (answer.continuation_token === null) return { content, continuation_token: null };
    const next = readToken(answer.continuation_token);
    if (next === offset || next - from > MAX_FULL_BYTES)
      return { content, continuation_token: answer.continuation_token };
    offset = next;
  }
}

/** Leaves a line that is still being written, or whose end is in the next part, for the next request. */
function wholeLines(part: TaskLogPart, hasEnded: boolean): { text: string; offset: number } {
  const end = part.text.lastIndexOf("\n") + 1;
  const isAtEnd = hasEnded && part.offset >= part.size;
  if (end === part.text.length || isAtEnd) return part;
  // A single line that fills a whole part is sent in pieces.
  if (end === 0)
    return part.offset < part.size ? part : { text: "", offset: part.offset - Buffer.byteLength(part.text) };
  return { text: part.text.slice(0, end), offset: part.offset - Buffer.byteLength(part.text.slice(end)) };
}

const STAMPED = /^\[(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)\] (.*)$/s;
const LEVEL = /^(?:\{[^}]*\} )?(DEBUG|INFO|WARNING|ERROR|CRITICAL) - /;

function readLines(text: string): LogLine[] {
  if (text === "") return [];
  const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
  return lines.map((raw) => {
    const line = maskText(raw.endsWith("\r") ? raw.slice(0, -1) : raw);
    const stamped = STAMPED.exec(line);
    if (stamped === null) return { event: line };
    const level = LEVEL.exec(stamped[2]!)?.[1]?.toLowerCase();
    return { timestamp: stamped[1]!, ...(level !== undefined && { level }), event: stamped[2]! };
  });
}

function lineText({ timestamp, event }: LogLine): string {
  return timestamp === undefined ? `${event}\n` : `[${timestamp}] ${event}\n`;
}

/** A token is the byte to read on from, opaque to clients. */
function writeToken(offset: number): string {
  return Buffer.from(`log:${offset}`).toString("base64url");
}

function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  const match = /^log:(\d{1,15})$/.exec(Buffer.from(token, "base64url").toString());
  if (match === null) {
    throw invalid(["query", "token"], "value_error", "Please use only the tokens provided by the API.", token);
  }
  return Number(match[1]);
}
