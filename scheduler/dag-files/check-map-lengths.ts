import type { JsonValue } from "#sdk/json.ts";
import type {
  SerializedDagFields,
  SerializedExpandInput,
  SerializedTaskGroup,
  SerializedXComRef,
} from "#sdk/serialized-dag.ts";

/**
 * Throws when a list that a file expands over is longer than one that a task may push.
 * @param maxMapLength `[core] max_map_length`
 */
export function checkMapLengths(dag: SerializedDagFields, maxMapLength: number): void {
  for (const { what, input } of expandInputs(dag)) {
    const lists = input.type === "list-of-dicts" ? [input.value] : Object.values(input.value.__var);
    const length = Math.max(...lists.map(lengthOf));
    if (length <= maxMapLength) continue;
    throw new Error(
      `${what} of Dag "${dag.dag_id}" is expanded over a list of ${length}, ` +
        `longer than the ${maxMapLength} that [core] max_map_length allows`,
    );
  }
}

/** All that is expanded in a DAG. */
function expandInputs(dag: SerializedDagFields): { readonly what: string; readonly input: SerializedExpandInput }[] {
  const ofTasks = dag.tasks.flatMap(({ __var: { task_id, op_kwargs_expand_input: input } }) =>
    input === undefined ? [] : [{ what: `task "${task_id}"`, input }],
  );
  return [...ofTasks, ...expandInputsBelow(dag.task_group)];
}

function expandInputsBelow({ children }: SerializedTaskGroup): ReturnType<typeof expandInputs> {
  return Object.entries(children).flatMap(([id, child]) => {
    if (child[0] === "operator") return [];
    const { expand_input: input } = child[1];
    const own = input === undefined ? [] : [{ what: `task group "${id}"`, input }];
    return [...own, ...expandInputsBelow(child[1])];
  });
}

/** The items of a literal; nothing is known of what tasks will push. */
function lengthOf(list: SerializedXComRef | JsonValue | readonly JsonValue[]): number {
  if (Array.isArray(list)) return list.length;
  const { __type, __var } = list as SerializedXComRef | { readonly __type: "dict"; readonly __var: object };
  return __type === "dict" ? Object.keys(__var).length : 0;
}
