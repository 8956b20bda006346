import { dirname, resolve } from "node:path";
import { Dag } from "#sdk/dag.ts";
import { locateError } from "#sdk/declared-at.ts";
import { isOperator } from "#sdk/operator.ts";
import type { SerializedDag, SerializedTask } from "#sdk/serialized-dag.ts";
import { TemplateFiles } from "./template-files.ts";

/**
 * Puts the text of template files in place of their names: a field that ends in one of its operator's `templateExt`
 * names a file beside the DAG file or in its `templateSearchpath`, and so does `{% include %}` in any field. Workers
 * need no files of the DAGs folder then, and a run keeps the text of the version it began with.
 * @param onRead hears of each file whose text was taken
 */
export async function inlineTemplates(
  serialized: SerializedDag,
  dag: Dag,
  fileloc: string,
  onRead: (path: string) => void,
): Promise<SerializedDag> {
  const { nodes } = Dag.read(dag);
  const home = dirname(fileloc);
  const folders = [home, ...[dag.spec.templateSearchpath ?? []].flat().map((path) => resolve(home, path))];
  const files = new TemplateFiles(folders, onRead);
  const tasks = await Promise.all(
    serialized.dag.tasks.map(async (task) => {
      const node = nodes.get(task.__var.task_id);
      if (node?.kind !== "task" || task.__var.template_fields.length === 0) return task;
      const extensions = (isOperator(node.run) ? node.run.templateExt : undefined) ?? [];
      return inlineTask(task, extensions, files).catch((error) => {
        throw locateError(error, node);
      });
    }),
  );
  return { ...serialized, dag: { ...serialized.dag, tasks } };
}

async function inlineTask(
  task: SerializedTask,
  extensions: readonly string[],
  files: TemplateFiles,
): Promise<SerializedTask> {
  const fields = task.__var as unknown as Record<string, unknown>;
  const inlined = await Promise.all(
    task.__var.template_fields.map(async (name) => [name, await inlineField(fields[name], name)] as const),
  );
  return { ...task, __var: { ...task.__var, ...Object.fromEntries(inlined) } };

  function inlineField(value: unknown, name: string): Promise<unknown> {
    const place = `${name} of task "${task.__var.task_id}"`;
    const isFile = (text: string) => extensions.some((extension) => text.endsWith(extension));
    return mapTexts(value, async (text, isInObject) => {
      // As in Airflow, a text in an object names no file.
      const template = !isInObject && isFile(text) ? await files.read(text, place) : text;
      return files.include(template, place);
    });
  }
}

type ReplaceText = (text: string, isInObject: boolean) => Promise<string>;

/** A value with each text in it replaced, at any depth. */
async function mapTexts(value: unknown, replace: ReplaceText, isInObject = false): Promise<unknown> {
  if (typeof value === "string") return replace(value, isInObject);
  if (Array.isArray(value)) return Promise.all(value.map((item) => mapTexts(item, replace, isInObject)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([key, item]) => [key, await mapTexts(item, replace, true)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
