import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import { defineCommand } from "../../command.ts";
import { requireCurrentVersion } from "../../dag-queries.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { withDags } from "../../unread-files.ts";

const INDENT = 4;

export const command = defineCommand({
  summary: "List the tasks within a DAG",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: { tree: { short: "-t", type: "boolean", help: "Tree view" } },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    const { serialized } = await withDags(console, (db) => requireCurrentVersion(db, args.dag_id));
    const tasks = serialized.dag.tasks.map((task) => task.__var);
    const lines = flags.tree ? treeOf(tasks) : tasks.map((task) => task.task_id).sort();
    for (const line of lines) console.print(line);
  },
});

/** Each task under each of those it follows, from the roots on. */
function treeOf(tasks: readonly SerializedTaskFields[]): string[] {
  const byId = new Map(tasks.map((task) => [task.task_id, task]));
  const below = (task: SerializedTaskFields, depth: number): string[] => [
    `${" ".repeat(depth * INDENT)}<Task(${task._operator_name ?? task.task_type}): ${task.task_id}>`,
    ...[...(task.downstream_task_ids ?? [])].sort().flatMap((id) => below(byId.get(id)!, depth + 1)),
  ];
  const followers = new Set(tasks.flatMap((task) => task.downstream_task_ids ?? []));
  return tasks.filter((task) => !followers.has(task.task_id)).flatMap((task) => below(task, 0));
}
