import { useIsFetching, useQuery, useQueryClient } from "@tanstack/react-query";
import { Controls, MarkerType, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import { useEffect, useMemo, useState } from "react";
import type { DagRunAnswer, StructureAnswer, StructureNode } from "../../../protocol.ts";
import { RefreshIcon } from "../components/dag-actions.tsx";
import { StateLabel } from "../components/state-label.tsx";
import { dagDetails, dagRuns, runStates, structure } from "../queries.ts";
import { setQuery, useLocation } from "../router.tsx";
import { LEGEND_STATES } from "../states.ts";
import { GraphContext, type GraphState } from "./graph-context.ts";
import { GroupNode } from "./group-node.tsx";
import { type Direction, layoutGraph } from "./layout.ts";
import { OrderEdge, type OrderFlowEdge } from "./order-edge.tsx";
import { RunActions, RunNote } from "./run-actions.tsx";
import { type TaskFlowNode, TaskNode } from "./task-node.tsx";

const RUN_CHOICES = 25;
const NODE_TYPES = { task: TaskNode, taskGroup: GroupNode };
const EDGE_TYPES = { order: OrderEdge };
const HANDLES: Record<Direction, { source: string; target: string }> = {
  LR: { source: "right", target: "left" },
  RL: { source: "left", target: "right" },
  TB: { source: "bottom", target: "top" },
  BT: { source: "top", target: "bottom" },
};
const DIRECTIONS: readonly (readonly [Direction, string])[] = [
  ["LR", "Left → Right"],
  ["RL", "Right → Left"],
  ["TB", "Top → Bottom"],
  ["BT", "Bottom → Top"],
];

/** The DAG's graph, its outlines in the colours of a run's states. */
export default function GraphView({ dagId }: { dagId: string }) {
  const { query } = useLocation();
  const direction = readDirection(query.get("arrange"));
  const runs = useQuery(dagRuns(dagId, RUN_CHOICES));
  // Without a choice, the latest run: also the one that was triggered just now.
  const latest = runs.data?.dag_runs[0];
  const chosen = query.get("run_id") ?? undefined;
  const runId = chosen ?? latest?.dag_run_id;
  // A chosen run has the tasks that it was started with; else the DAG is as it is now, refreshed but not yet run.
  const graph = useQuery(structure(dagId, chosen));
  const versionNow = useQuery(dagDetails(dagId)).data?.latest_dag_version?.version_number;
  const states = useQuery(runStates(dagId, runId));
  const [highlight, setHighlight] = useState<string>();
  const selected = query.get("task_id") ?? undefined;
  const context = useMemo(
    (): GraphState => ({
      run: states.data?.run,
      tasks: new Map(states.data?.tasks.map((task) => [task.task_id, task])),
      highlight,
      selected,
      open: (taskId) => {
        const isInRun = states.data?.tasks.some((task) => task.task_id === taskId) ?? true;
        if (runId === undefined || !isInRun) return;
        setQuery({ run_id: runId, task_id: taskId, map_index: null });
      },
    }),
    [states.data, highlight, selected, runId],
  );
  const error = graph.error ?? states.error ?? runs.error;
  return (
    <GraphContext value={context}>
      <ReactFlowProvider>
        <div className="graph-bar">
          {states.data !== undefined && <StateLabel state={states.data.run.state} />}
          <RunSelect runs={runs.data?.dag_runs ?? []} runId={runId} isChosen={chosen !== undefined} />
          {runId !== undefined && <RunActions dagId={dagId} runId={runId} />}
          <label>
            Layout
            <select value={direction} onChange={(event) => setQuery({ arrange: event.target.value })}>
              {DIRECTIONS.map(([value, label]) => (
                <option key={value} value={value}>
                  {label}
                </option>
              ))}
            </select>
          </label>
          <span className="spring" />
          <RereadButton dagId={dagId} />
        </div>
        {runId !== undefined && <RunNote dagId={dagId} runId={runId} />}
        <Legend graph={graph.data} onHighlight={setHighlight} />
        {error !== null && (
          <p className="problem" role="alert">
            {error.message}
          </p>
        )}
        {runs.data?.dag_runs.length === 0 && (
          <p className="hint">This DAG has not run yet. Trigger it to see states.</p>
        )}
        {chosen === undefined && isOlder(versionOf(latest), graph.data?.version_number) && (
          <p className="hint">The DAG has changed since its latest run. Trigger it to run it as it is now.</p>
        )}
        {chosen !== undefined && isOlder(graph.data?.version_number, versionNow) && (
          <p className="hint">The DAG has changed since this run. Choose “Latest” to see it as it is now.</p>
        )}
        {graph.data !== undefined && (
          <Drawing key={direction} graph={graph.data} direction={direction} isNarrow={selected !== undefined} />
        )}
      </ReactFlowProvider>
    </GraphContext>
  );
}

function Drawing({
  graph,
  direction,
  isNarrow,
}: {
  graph: StructureAnswer;
  direction: Direction;
  /** Whether a panel takes room beside it. */
  isNarrow: boolean;
}) {
  const flow = useReactFlow();
  const { nodes, edges } = useMemo(() => drawGraph(graph, direction), [graph, direction]);
  const ids = nodes.map((node) => node.id).join(" ");
  // Nodes that come with a new version of the DAG should be in view, and all of them when there is less room.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the effect is about the set of nodes and the room
  useEffect(() => {
    const timer = setTimeout(() => void flow.fitView(FIT), RESIZE_MS);
    return () => clearTimeout(timer);
  }, [flow, ids, isNarrow]);
  if (nodes.length === 0) return <p className="empty">This DAG has no tasks.</p>;
  return (
    <div className="graph" id="graph">
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        fitView
        fitViewOptions={FIT}
        minZoom={0.05}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        deleteKeyCode={null}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}

/** The graph notices a change of its room a little later. */
const RESIZE_MS = 50;
const FIT = { maxZoom: 1.15, padding: 0.08 } as const;

function drawGraph(graph: StructureAnswer, direction: Direction): { nodes: TaskFlowNode[]; edges: OrderFlowEdge[] } {
  const { source, target } = HANDLES[direction];
  const placed = layoutGraph(graph, direction);
  const nodes = placed.nodes.map(
    ({ node, x, y, width, height }): TaskFlowNode => ({
      id: node.id,
      type: node.kind === "task" ? "task" : "taskGroup",
      position: { x, y },
      width,
      height,
      data: { node, source, target, counted: node.kind === "group" ? firstTaskIn(node, graph) : node.id },
      // Groups below edges, edges below tasks.
      zIndex: node.kind === "task" ? 2 : 0,
      ...(node.parent !== null && { parentId: node.parent }),
    }),
  );
  const edges = placed.edges.map(
    ({ source, target, points, label }): OrderFlowEdge => ({
      id: `${source} > ${target}`,
      type: "order",
      source,
      target,
      data: { points, label },
      markerEnd: { type: MarkerType.ArrowClosed, width: 15, height: 15, color: "var(--edge)" },
      zIndex: 1,
    }),
  );
  return { nodes, edges };
}

/** All tasks of a mapped group have as many instances. */
function firstTaskIn(group: StructureNode, { nodes }: StructureAnswer): string | undefined {
  if (!group.is_mapped) return undefined;
  const parents = new Map(nodes.map((node) => [node.id, node.parent]));
  const isInside = (id: string | null): boolean =>
    id !== null && (id === group.id || isInside(parents.get(id) ?? null));
  return nodes.find((node) => node.kind === "task" && isInside(node.parent))?.id;
}

function RunSelect({
  runs,
  runId,
  isChosen,
}: {
  runs: readonly DagRunAnswer[];
  runId: string | undefined;
  isChosen: boolean;
}) {
  if (runId === undefined) return null;
  const isListed = runs.some((run) => run.dag_run_id === runId);
  return (
    <label>
      Run
      <select
        id="run_select"
        value={isChosen ? runId : ""}
        onChange={(event) => setQuery({ run_id: event.target.value || null, task_id: null, map_index: null })}
      >
        <option value="">Latest: {runs[0]?.dag_run_id}</option>
        {!isListed && <option value={runId}>{runId}</option>}
        {runs.map((run) => (
          <option key={run.dag_run_id} value={run.dag_run_id}>
            {run.dag_run_id} ({run.state})
          </option>
        ))}
      </select>
    </label>
  );
}

/** Reads the states again at once; they also come by themselves. */
function RereadButton({ dagId }: { dagId: string }) {
  const client = useQueryClient();
  const isBusy = useIsFetching({ queryKey: ["dag", dagId] }) > 0;
  return (
    <button
      type="button"
      id="refresh_button"
      className={`action ${isBusy ? "busy" : ""}`}
      onClick={() => void client.invalidateQueries({ queryKey: ["dag", dagId] })}
      aria-label="Read the states again"
      title="Read the states again"
    >
      <RefreshIcon />
    </button>
  );
}

function Legend({
  graph,
  onHighlight,
}: {
  graph: StructureAnswer | undefined;
  onHighlight: (state: string | undefined) => void;
}) {
  const operators = new Map(
    graph?.nodes.filter((node) => node.kind === "task").map((node) => [node.operator, node.ui_color]),
  );
  return (
    <div className="legend">
      <ul aria-label="Operators">
        {[...operators].map(([operator, color]) => (
          <li key={operator} className="legend-operator" style={{ backgroundColor: color }}>
            {operator}
          </li>
        ))}
      </ul>
      <ul aria-label="States">
        {LEGEND_STATES.map((state) => (
          <li
            key={state}
            className="legend-state"
            data-state={state}
            onMouseEnter={() => onHighlight(state)}
            onMouseLeave={() => onHighlight(undefined)}
          >
            {state}
          </li>
        ))}
      </ul>
    </div>
  );
}

function versionOf(run: DagRunAnswer | undefined): number | undefined {
  return run?.dag_versions[0]?.version_number;
}

function isOlder(version: number | undefined, other: number | undefined): boolean {
  return version !== undefined && other !== undefined && version < other;
}

function readDirection(value: string | null): Direction {
  return DIRECTIONS.find(([direction]) => direction === value)?.[0] ?? "LR";
}
