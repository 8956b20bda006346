import { refuseUnsupportedOfTask } from "./dag-options.ts";
import { recordSpec } from "./fields.ts";
import { isPlainObject } from "./json.ts";
import { TASK_SPEC_KEYS, type TaskOptions } from "./specs.ts";

export interface TaskGroupOptions {
  /** Whether ids inside the group start with the group's id and a dot. @default true */
  readonly prefixGroupId?: boolean;
  /** What graphs show in place of the id. */
  readonly groupDisplayName?: string;
  /** Shown when the pointer rests on the group. */
  readonly tooltip?: string;
  /** The group's fill in graphs. @default "CornflowerBlue" */
  readonly uiColor?: string;
  /** The colour of the group's name. @default "#000" */
  readonly uiFgcolor?: string;
  readonly docMd?: string;
  /** What tasks in the group say that do not say it themselves; goes before the DAG's. */
  readonly defaultArgs?: Omit<TaskOptions, "taskId">;
  /** Whether a group whose id is taken gets `__1`, `__2`, … behind it, rather than being refused. @default false */
  readonly addSuffixOnCollision?: boolean;
}

const KINDS: Readonly<Record<keyof TaskGroupOptions, "boolean" | "string" | "object">> = {
  prefixGroupId: "boolean",
  groupDisplayName: "string",
  tooltip: "string",
  uiColor: "string",
  uiFgcolor: "string",
  docMd: "string",
  defaultArgs: "object",
  addSuffixOnCollision: "boolean",
};

/**
 * Checks a group's options, and copies them.
 * @param group for messages: `Dag "D" task group "G"`
 */
export function readGroupOptions(group: string, options: unknown): TaskGroupOptions {
  if (options === undefined) return {};
  if (!isPlainObject(options)) throw new Error(`options for ${group} must be an object`);
  for (const key of Reflect.ownKeys(options) as string[]) {
    const value = options[key];
    const kind = Object.hasOwn(KINDS, key) ? KINDS[key as keyof TaskGroupOptions] : undefined;
    if (kind === undefined) throw new Error(`Unknown option "${String(key)}" for ${group}`);
    if (kind !== "object" && value !== undefined && typeof value !== kind) {
      throw new Error(`${key} for ${group} must be a ${kind}`);
    }
  }
  return { ...options, defaultArgs: readDefaultArgs(group, options.defaultArgs) };
}

/**
 * Checks what tasks say by default, and copies it.
 * @param owner the DAG or group that says it, for messages
 */
export function readDefaultArgs(owner: string, args: unknown): Omit<TaskOptions, "taskId"> {
  refuseUnsupportedOfTask(`the defaultArgs of ${owner}`, args);
  const keys = TASK_SPEC_KEYS.filter((key) => key !== "taskId");
  return recordSpec<TaskOptions>(`the defaultArgs of ${owner}`, args as TaskOptions | undefined, keys);
}
