import { CLEAR_FLAGS, clearIfAgreed } from "../../clear-tasks.ts";
import { defineCommand } from "../../command.ts";
import { NO_SUBDIR } from "../../subdir.ts";

export const command = defineCommand({
  summary: "Clear a set of task instances, as if they never ran",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    ...CLEAR_FLAGS,
    yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm. Use with care!" },
    exclude_parentdag: { short: "-X", type: "boolean", help: "Taken, as there are no parent DAGs" },
    dag_regex: { short: "-R", type: "boolean", help: "Search dag_id as regex instead of exact string" },
    verbose: { short: "-v", type: "boolean", help: "Taken, as all that is said is said anyway" },
  },
  refused: NO_SUBDIR,
  run: ({ console, args, flags }) =>
    clearIfAgreed(
      console,
      { dagId: args.dag_id, isRegex: flags.dag_regex, flags, askFirst: !flags.yes },
      {
        question: "Are you sure? [y/n]",
        refused: "Cancelled, nothing was cleared.",
        name: ({ dagId, taskId, runId, mapIndex, state }) =>
          `<TaskInstance: ${dagId}.${taskId} ${runId}${mapIndex === -1 ? "" : ` map_index=${mapIndex}`} [${state ?? "None"}]>`,
      },
    ),
});
