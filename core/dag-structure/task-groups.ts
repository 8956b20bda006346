import type { SerializedTaskGroup } from "#sdk/serialized-dag.ts";

/** The tasks in each group below, those of inner groups among them. */
export function tasksByGroup(root: SerializedTaskGroup): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const walk = (group: SerializedTaskGroup): string[] =>
    Object.entries(group.children).flatMap(([id, [kind, child]]) => {
      if (kind === "operator") return [child];
      const tasks = walk(child);
      groups.set(id, tasks);
      return tasks;
    });
  walk(root);
  return groups;
}
