import type { JsonValue } from "#sdk/json.ts";
import type {
  SerializedDagFields,
  SerializedExpandInput,
  SerializedTaskGroup,
  SerializedXComArg,
  SerializedXComRef,
} from "#sdk/serialized-dag.ts";

/** Tasks that are expanded together: one mapped task, or all tasks of a mapped group. */
export interface Expansion {
  readonly tasks: readonly number[];
  readonly isGroup: boolean;
  readonly length: MapLength;
  /** The tasks whose results say how many instances there are. */
  readonly givers: readonly number[];
}

/** How many instances there are, as Airflow's `ExpandInput.get_total_map_length` counts. */
export type MapLength =
  | { readonly kind: "literal"; readonly length: number }
  /** The items of a task's XCom, or, of a mapped task, how many of its instances pushed one. */
  | { readonly kind: "xcom"; readonly task: number; readonly key: string }
  | { readonly kind: "product" | "sum" | "shortest" | "longest"; readonly of: readonly MapLength[] };

/** Where a length has to be looked up. */
export interface XComSource {
  readonly task: number;
  readonly key: string;
}

/** The length, or null while a task's XCom is missing or has no items. */
export function evaluateLength(length: MapLength, lookUp: (source: XComSource) => number | null): number | null {
  if (length.kind === "literal") return length.length;
  if (length.kind === "xcom") return lookUp(length);
  const parts = length.of.map((part) => evaluateLength(part, lookUp));
  if (!parts.every((part) => part !== null)) return null;
  return COMBINE[length.kind](parts);
}

const COMBINE: Record<"product" | "sum" | "shortest" | "longest", (parts: readonly number[]) => number> = {
  product: (parts) => parts.reduce((product, part) => product * part, 1),
  sum: (parts) => parts.reduce((sum, part) => sum + part, 0),
  shortest: (parts) => Math.min(...parts),
  longest: (parts) => Math.max(...parts),
};

/** Every XCom that a length depends on. */
export function sourcesOf(length: MapLength): readonly XComSource[] {
  if (length.kind === "literal") return [];
  return length.kind === "xcom" ? [length] : length.of.flatMap(sourcesOf);
}

/** Reads what a DAG expands. @param indexOf each task id's number */
export function readExpansions(dag: SerializedDagFields, indexOf: ReadonlyMap<string, number>): Expansion[] {
  const ofTasks = dag.tasks.flatMap(({ __var: task }, index) => {
    const input = task._is_mapped && task[task._expand_input_attr!];
    return input ? [readExpansion([index], false, input, indexOf)] : [];
  });
  const ofGroups = mappedGroups(dag.task_group).map((group) => {
    const tasks = tasksBelow(group).map((id) => indexOf.get(id)!);
    return readExpansion(tasks, true, group.expand_input!, indexOf);
  });
  return [...ofTasks, ...ofGroups];
}

function mappedGroups(group: SerializedTaskGroup): SerializedTaskGroup[] {
  const inside = Object.values(group.children).flatMap((child) =>
    child[0] === "taskgroup" ? mappedGroups(child[1]) : [],
  );
  return group.is_mapped ? [group, ...inside] : inside;
}

function tasksBelow(group: SerializedTaskGroup): string[] {
  return Object.values(group.children).flatMap((child) =>
    child[0] === "operator" ? [child[1]] : tasksBelow(child[1]),
  );
}

function readExpansion(
  tasks: readonly number[],
  isGroup: boolean,
  input: SerializedExpandInput,
  indexOf: ReadonlyMap<string, number>,
): Expansion {
  const length = readInput(input, indexOf);
  return { tasks, isGroup, length, givers: [...new Set(sourcesOf(length).map(({ task }) => task))] };
}

function readInput(input: SerializedExpandInput, indexOf: ReadonlyMap<string, number>): MapLength {
  if (input.type === "list-of-dicts") return readList(input.value, indexOf);
  const parts = Object.values(input.value.__var).map((list) => readList(list, indexOf));
  return parts.length === 1 ? parts[0]! : { kind: "product", of: parts };
}

function readList(
  list: SerializedXComRef | JsonValue | readonly JsonValue[],
  indexOf: ReadonlyMap<string, number>,
): MapLength {
  if (Array.isArray(list)) return { kind: "literal", length: list.length };
  const tagged = list as SerializedXComRef | { readonly __type: "dict"; readonly __var: object };
  if (tagged.__type === "xcomref") return readXComArg(tagged.__var, indexOf);
  return { kind: "literal", length: Object.keys(tagged.__var).length };
}

function readXComArg(arg: SerializedXComArg, indexOf: ReadonlyMap<string, number>): MapLength {
  if (arg.type === undefined) return { kind: "xcom", task: indexOf.get(arg.task_id)!, key: arg.key };
  if (arg.type === "map") return readXComArg(arg.arg, indexOf);
  const of = arg.args.map((part) => readXComArg(part, indexOf));
  if (arg.type === "concat") return { kind: "sum", of };
  return { kind: arg.fillvalue === undefined ? "shortest" : "longest", of };
}
