import { useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import type { StructureNode, TaskStateSummary } from "../../../protocol.ts";
import { formatDuration, formatTime, secondsBetween } from "../format.ts";

/** Pixels between a node and its tooltip, and between the tooltip and the window's border. */
const GAP = 8;

/** What is known of a task in the run, below its node or, where there is no room, above it. */
export function TaskTooltip({
  below,
  node,
  runId,
  state,
  task,
}: {
  below: DOMRect;
  node: StructureNode;
  runId: string | undefined;
  state: string;
  task: TaskStateSummary | undefined;
}) {
  const seconds = task && secondsBetween(task.start_date, task.end_date);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["Task_id", node.id],
    ["Run", runId],
    ["Operator", node.operator],
    ["Trigger rule", node.trigger_rule === "all_success" ? undefined : node.trigger_rule],
    ["Try", task && !task.is_mapped && task.max_tries > 0 ? `${task.try_number} of ${task.max_tries + 1}` : undefined],
    ["Started", task && formatTime(task.start_date)],
    ["Ended", task && formatTime(task.end_date)],
    ["Duration", formatDuration(seconds)],
    ["State", task?.is_mapped ? countStates(task) : state],
  ];
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { style, offsetWidth, offsetHeight } = box.current!;
    const left = below.left + below.width / 2 - offsetWidth / 2;
    const fits = below.bottom + GAP + offsetHeight < window.innerHeight;
    style.left = `${Math.max(GAP, Math.min(left, window.innerWidth - offsetWidth - GAP))}px`;
    style.top = `${fits ? below.bottom + GAP : below.top - GAP - offsetHeight}px`;
  }, [below]);
  return createPortal(
    <div ref={box} className="tooltip" role="tooltip">
      <dl>
        {lines.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </div>,
    document.body,
  );
}

function countStates({ states }: TaskStateSummary): string {
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  return counts.join(", ");
}
