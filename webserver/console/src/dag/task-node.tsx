import { Handle, type Node, type NodeProps, type Position } from "@xyflow/react";
import { useContext, useState } from "react";
import type { StructureNode } from "../../../protocol.ts";
import { stateOf } from "../states.ts";
import { GraphContext, labelOf } from "./graph-context.ts";
import { TaskTooltip } from "./task-tooltip.tsx";

export type TaskFlowNode = Node<{
  node: StructureNode;
  source: string;
  target: string;
  /** The task whose instances are counted: itself, or one of a mapped group. */
  counted: string | undefined;
}>;

/** The outline of a node. */
const STROKE = 3;

/** A task: a box in its operator's colour, its outline in its state's. */
export function TaskNode({ data: { node, source, target }, width = 0, height = 0 }: NodeProps<TaskFlowNode>) {
  const { run, tasks, highlight, selected, open } = useContext(GraphContext);
  const [below, setBelow] = useState<DOMRect>();
  const task = tasks.get(node.id);
  const state = stateOf(task);
  const openTask = () => open(node.id);
  const isDim = highlight !== undefined && highlight !== state;
  return (
    <>
      <Handle type="target" position={target as Position} isConnectable={false} />
      {/* biome-ignore lint/a11y/useSemanticElements: a button cannot be drawn as SVG is */}
      <div
        className={`node ${state} ${isDim ? "dim" : ""} ${selected === node.id ? "selected" : ""}`}
        data-task-id={node.id}
        data-state={state}
        role="button"
        tabIndex={0}
        aria-label={`${node.id}, ${state.replaceAll("_", " ")}`}
        onClick={openTask}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          openTask();
        }}
        onMouseEnter={(event) => setBelow(event.currentTarget.getBoundingClientRect())}
        onMouseLeave={() => setBelow(undefined)}
        onFocus={(event) => setBelow(event.currentTarget.getBoundingClientRect())}
        onBlur={() => setBelow(undefined)}
      >
        <svg width={width} height={height} aria-hidden="true">
          <g className={`node ${state}`}>
            <rect
              x={STROKE / 2}
              y={STROKE / 2}
              width={Math.max(0, width - STROKE)}
              height={Math.max(0, height - STROKE)}
              rx={6}
              fill={node.ui_color}
              strokeWidth={STROKE}
            />
            <text x={width / 2} y={height / 2} fill={node.ui_fgcolor}>
              {labelOf(node, task)}
            </text>
          </g>
        </svg>
      </div>
      {below !== undefined && (
        <TaskTooltip
          below={below}
          node={node}
          runId={task === undefined ? undefined : run?.dag_run_id}
          state={state}
          task={task}
        />
      )}
      <Handle type="source" position={source as Position} isConnectable={false} />
    </>
  );
}
