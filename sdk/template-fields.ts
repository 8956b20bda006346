import { TASK_FIELDS } from "./fields.ts";
import { findNonJson } from "./json.ts";

/** Options of an operator that are templates, by their names; strings at any depth are rendered before each try. */
export type TemplateFields = object;

const TEMPLATE = /\{\{|\{%|\{#/;

/** Whether a string at any depth of a value holds something to render. */
export function hasTemplate(value: unknown): boolean {
  if (typeof value === "string") return TEMPLATE.test(value);
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasTemplate);
}

/** An option's name as Airflow writes it: `bashCommand` is `bash_command`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Template fields in Airflow's serialized form: their names in `template_fields`, and each value under its name.
 * @param owner the task in messages
 */
export function serializeTemplateFields(owner: string, fields: TemplateFields): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const wrong = findNonJson(value);
    if (wrong !== undefined) {
      throw new Error(
        `${key} of ${owner} holds ${wrong}, which cannot be a template; ` +
          "pass a string, a finite number, a boolean, null, an array or a plain object",
      );
    }
    const name = snakeCase(key);
    if (RESERVED.has(name)) throw new Error(`${key} of ${owner} cannot be a template field: ${name} is the task's own`);
    written[name] = value;
  }
  return { template_fields: Object.keys(written), ...written };
}

/** Names that mean something else in a serialized task. */
const RESERVED: ReadonlySet<string> = new Set([
  ...Object.values(TASK_FIELDS).map(({ name }) => name),
  ...["task_id", "task_type", "language", "template_fields", "is_stub", "ui_color", "downstream_task_ids"],
  ...["op_kwargs_expand_input", "is_setup", "is_teardown", "on_failure_fail_dagrun", "params", "inlets", "outlets"],
]);

/** Template fields with the values of this try in place of the templates. */
export function withRendered<F extends TemplateFields>(fields: F, rendered: Readonly<Record<string, unknown>>): F {
  const values = Object.entries(fields).map(([key, value]) => {
    const name = snakeCase(key);
    return [key, Object.hasOwn(rendered, name) ? rendered[name] : value];
  });
  return Object.fromEntries(values) as F;
}
