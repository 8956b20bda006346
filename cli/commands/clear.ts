import { pythonDate } from "../backfill.ts";
import { CLEAR_FLAGS, clearIfAgreed } from "../clear-tasks.ts";
import { defineCommand } from "../command.ts";
import { NO_SUBDIR } from "../subdir.ts";

export const command = defineCommand({
  summary: "Clear a set of task instances, as if they never ran",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    ...CLEAR_FLAGS,
    no_confirm: { short: "-c", type: "boolean", help: "Do not request confirmation" },
    exclude_parentdag: { short: "-xp", type: "boolean", help: "Taken, as there are no parent DAGs" },
    dag_regex: { short: "-dx", type: "boolean", help: "Search dag_id as regex instead of exact string" },
  },
  refused: NO_SUBDIR,
  run: ({ console, args, flags }) =>
    clearIfAgreed(
      console,
      { dagId: args.dag_id, isRegex: flags.dag_regex, flags, askFirst: !flags.no_confirm },
      {
        question: "Are you sure? (yes/no):",
        refused: "Bail. Nothing was cleared.",
        name: ({ dagId, taskId, runId, logicalDate, state }) =>
          `<TaskInstance: ${dagId}.${taskId} ${logicalDate === null ? runId : pythonDate(logicalDate)} [${state ?? "None"}]>`,
      },
    ),
});
