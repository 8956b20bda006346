import { type DagVersionRow, findCurrentVersion, findVersionOfRun } from "#core/database/console-dags.ts";
import type { SerializedTaskGroup } from "#sdk/serialized-dag.ts";
import type { StructureAnswer, StructureNode } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf, runOf } from "../find-or-404.ts";
import { readString } from "../read-query.ts";

/** The graph of a DAG: as it was for the run named by `run_id`, or as it is for new runs. */
export const uiStructure: Handler = async (call): Promise<StructureAnswer> => {
  const dag = await dagOf(call);
  const runId = readString(call.query, "run_id");
  let version: DagVersionRow | undefined;
  if (runId === undefined) version = await findCurrentVersion(call.server.db, dag.dag_id);
  else {
    await runOf({ ...call, params: { ...call.params, runId } });
    version = await findVersionOfRun(call.server.db, dag.dag_id, runId);
  }
  if (version === undefined) return { version_number: 0, nodes: [], edges: [] };
  return showStructure(version);
};

function showStructure({ version_number, serialized: { dag } }: DagVersionRow): StructureAnswer {
  const { groups, parents } = readGroups(dag.task_group);
  const mappedGroups = new Set(groups.filter((group) => group.is_mapped).map((group) => group.id));
  const isInMappedGroup = (id: string): boolean => {
    const parent = parents.get(id);
    return parent !== undefined && (mappedGroups.has(parent) || isInMappedGroup(parent));
  };
  const tasks = dag.tasks.map(({ __var: task }): StructureNode => {
    const parent = parents.get(task.task_id) ?? null;
    return {
      id: task.task_id,
      // Inside its group's box a task needs no prefix.
      label:
        parent !== null && task.task_id.startsWith(`${parent}.`) ? task.task_id.slice(parent.length + 1) : task.task_id,
      kind: "task",
      parent,
      operator: task._operator_name ?? task.task_type,
      ui_color: task.ui_color ?? "#fff",
      ui_fgcolor: "#000",
      trigger_rule: task.trigger_rule ?? "all_success",
      is_mapped: task._is_mapped ?? isInMappedGroup(task.task_id),
    };
  });
  const edges = dag.tasks.flatMap(({ __var: task }) =>
    (task.downstream_task_ids ?? []).map((target) => ({
      source: task.task_id,
      target,
      label: dag.edge_info[task.task_id]?.[target]?.label,
    })),
  );
  return { version_number, nodes: [...groups, ...tasks], edges };
}

/** Flattens the tree of groups; a group comes before what is in it. */
function readGroups(root: SerializedTaskGroup): { groups: StructureNode[]; parents: Map<string, string> } {
  const groups: StructureNode[] = [];
  const parents = new Map<string, string>();
  const walk = (group: SerializedTaskGroup, id: string | null) => {
    for (const [childId, child] of Object.entries(group.children)) {
      if (id !== null) parents.set(childId, id);
      if (child[0] === "operator") continue;
      const inner = child[1];
      groups.push({
        id: childId,
        label: inner.group_display_name || inner._group_id || childId,
        kind: "group",
        parent: id,
        operator: "",
        ui_color: inner.ui_color,
        ui_fgcolor: inner.ui_fgcolor,
        trigger_rule: "",
        is_mapped: inner.is_mapped ?? false,
      });
      walk(inner, childId);
    }
  };
  walk(root, null);
  return { groups, parents };
}
