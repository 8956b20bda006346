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
  instance,
}: {
  below: DOMRect;
  node: StructureNode;
  runId: string | undefined;
  state: string;
  instance: TaskStateSummary | undefined;
}) {
  const seconds = instance && secondsBetween(instance.start_date, instance.end_date);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["Task_id", node.id],
    ["Run", runId],
    ["Operator", node.operator],
    ["Trigger rule", node.trigger_rule === "all_success" ? undefined : node.trigger_rule],
    ["Try", instance && instance.max_tries > 0 ? `${instance.try_number} of ${instance.max_tries + 1}` : undefined],
    ["Started", instance && formatTime(instance.start_date)],
    ["Ended", instance && formatTime(instance.end_date)],
    ["Duration", formatDuration(seconds)],
    ["State", state],
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
