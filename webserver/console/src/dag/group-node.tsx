import type { NodeProps } from "@xyflow/react";
import type { TaskFlowNode } from "./task-node.tsx";

/** The box around a task group. */
export function GroupNode({ data: { node } }: NodeProps<TaskFlowNode>) {
  return (
    <div className="group-node" data-group-id={node.id}>
      {node.label}
    </div>
  );
}
