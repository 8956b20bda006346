import type { NodeProps } from "@xyflow/react";
import { useContext } from "react";
import { GraphContext, labelOf } from "./graph-context.ts";
import type { TaskFlowNode } from "./task-node.tsx";

/** The box around a task group. */
export function GroupNode({ data: { node, counted } }: NodeProps<TaskFlowNode>) {
  const { tasks } = useContext(GraphContext);
  return (
    <div className="group-node" data-group-id={node.id}>
      {labelOf(node, counted === undefined ? undefined : tasks.get(counted))}
    </div>
  );
}
