import { readFile, realpath } from "node:fs/promises";
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { Dag } from "#sdk/dag.ts";
import { locateError } from "#sdk/declared-at.ts";
import { isOperator } from "#sdk/operator.ts";
import type { SerializedDag, SerializedTask } from "#sdk/serialized-dag.ts";

/**
 * Puts the text of template files in place of their names: a field that ends in one of its operator's `templateExt`
 * names a file beside the DAG file or in its `templateSearchpath`. Workers need no files of the DAGs folder then, and
 * a run keeps the text of the version it began with.
 */
export async function inlineTemplates(serialized: SerializedDag, dag: Dag, fileloc: string): Promise<SerializedDag> {
  const { nodes } = Dag.read(dag);
  const home = dirname(fileloc);
  const folders = [home, ...[dag.spec.templateSearchpath ?? []].flat().map((path) => resolve(home, path))];
  const tasks = await Promise.all(
    serialized.dag.tasks.map(async (task) => {
      const node = nodes.get(task.__var.task_id);
      if (node?.kind !== "task" || !isOperator(node.run) || node.run.templateExt === undefined) return task;
      return inlineTask(task, node.run.templateExt, folders).catch((error) => {
        throw locateError(error, node);
      });
    }),
  );
  return { ...serialized, dag: { ...serialized.dag, tasks } };
}

async function inlineTask(
  task: SerializedTask,
  extensions: readonly string[],
  folders: readonly string[],
): Promise<SerializedTask> {
  const fields = task.__var as unknown as Record<string, unknown>;
  const inlined = await Promise.all(
    task.__var.template_fields.map(async (name) => [name, await inlineValue(fields[name], name)] as const),
  );
  return { ...task, __var: { ...task.__var, ...Object.fromEntries(inlined) } };

  async function inlineValue(value: unknown, field: string): Promise<unknown> {
    if (Array.isArray(value)) return Promise.all(value.map((item) => inlineValue(item, field)));
    if (typeof value !== "string" || !extensions.some((extension) => value.endsWith(extension))) return value;
    return readTemplate(value, folders, `${field} of task "${task.__var.task_id}"`);
  }
}

async function readTemplate(name: string, folders: readonly string[], field: string): Promise<string> {
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (isAbsolute(name) || !(await isWithin(path, folder))) continue;
    return readFile(path, "utf8");
  }
  throw new Error(
    `TemplateNotFound: ${name} (${field}) is in none of the folders ${folders.join(", ")}; a text that is no file's name ` +
      "may end with a space",
  );
}

/** Whether a file is there and, with links followed, below the folder. */
async function isWithin(path: string, folder: string): Promise<boolean> {
  try {
    const inside = relative(await realpath(folder), await realpath(path));
    return inside !== "" && !inside.startsWith("..") && !isAbsolute(inside);
  } catch {
    return false;
  }
}
