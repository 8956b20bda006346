import { readdir, readFile } from "node:fs/promises";
import { ledgerHelpers } from "./ledger.ts";
import type { LoadDag, Place } from "./load.ts";

/** In the command line of whatever a stubborn task starts, before its run and itself. */
const LINGERS = "lingers for";

/**
 * A DAG with tasks that have to be stopped: they ignore SIGTERM, as does what they start, a child and a daemon in a
 * session of its own. Both write the ledger for their task, so that what outlives its try shows as an overlap with
 * the next one, or as disorder. `failed_once` fails and leaves such behind; `cleared`, `marked_success` and
 * `marked_failed` wait for somebody to do so.
 */
export function stoppedLoad({ ledger }: Place): LoadDag {
  const source = `${ledgerHelpers(ledger)}
import { spawn } from "node:child_process";
const dag = new Dag("stopped");

function beginWithOthers() {
  const beat = begin();
  const { at, ...known } = beat("beat");
  const env = { ...process.env, KNOWN: JSON.stringify(known).slice(0, -1) };
  const write = \`printf '%s,"at":%s}\\\\n' "$KNOWN" "$(date +%s%3N)" >> '${ledger}'\`;
  const live = "trap '' TERM HUP; while :; do " + write + "; sleep 0.1; done";
  const name = "${LINGERS} " + known.run + " " + known.taskId;
  const start = (script, detached) => spawn("sh", ["-c", script, name], { env, detached, stdio: "ignore" });
  start(live, false);
  start("(" + live + ") &", true);
  return beat;
}

async function resist() {
  process.on("SIGTERM", () => undefined);
  const beat = beginWithOthers();
  for (;;) { await sleep(20); beat("beat"); }
}

async function fail() {
  beginWithOthers();
  await sleep(300);
  throw new Error("This try leaves others behind");
}

const stopped = {
  failed_once: dag.task("failed_once", () => getContext().tryNumber === 1 ? fail() : work(), { retries: 1, retryDelay: 1 })(),
  cleared: dag.task("cleared", () => getContext().tryNumber === 1 ? resist() : work())(),
  too_long: dag.task("too_long", resist, { executionTimeout: 1.5, retries: 1, retryDelay: 0.2 })(),
  marked_success: dag.task("marked_success", resist)(),
  marked_failed: dag.task("marked_failed", resist)(),
};
for (const [taskId, task] of Object.entries(stopped)) {
  task.before(dag.task("after_" + taskId, () => work(), { triggerRule: "all_done" })());
}
`;
  return {
    dagId: "stopped",
    source,
    promise: {
      states: { too_long: "failed", marked_failed: "failed" },
      retries: { too_long: 1, failed_once: 1 },
      marked: ["marked_success", "marked_failed"],
      // What is below a mark starts at once, while the worker still stops what was marked.
      tasks: ["after_marked_success", "after_marked_failed"],
      order: [
        ["failed_once", "after_failed_once"],
        ["cleared", "after_cleared"],
        ["too_long", "after_too_long"],
      ],
    },
  };
}

/**
 * The processes that stubborn tasks have started and that are still there; only Linux tells.
 * @param whose `dag_id/run_id`, with or without ` task_id`
 */
export async function lingering(whose: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, index) => commands[index]!.includes(`${LINGERS} ${whose}`));
}
