import { type UIEvent, useEffect, useRef, useState } from "react";
import type { LogLine } from "../../../protocol.ts";
import type { TaskKey } from "../queries.ts";
import { followLog } from "./follow-log.ts";

/** Of a longer log the beginning is not shown, so that the page stays quick. */
const MOST_LINES = 20_000;
/** This close to the end counts as at the end, in pixels. */
const NEAR_END = 40;

/** The log of a try; it grows while the try runs, and the view stays at the end unless one scrolls up. */
export function LogView({ task, tryNumber }: { task: TaskKey; tryNumber: number }) {
  const { dagId, runId, taskId, mapIndex } = task;
  const box = useRef<HTMLPreElement>(null);
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [status, setStatus] = useState<"reading" | "following" | "ended">("reading");
  const [problem, setProblem] = useState<string>();
  const [follows, setFollows] = useState(true);
  const [wraps, setWraps] = useState(true);
  useEffect(() => {
    const abort = new AbortController();
    setLines([]);
    void followLog(
      { dagId, runId, taskId, mapIndex },
      tryNumber,
      {
        onLines: (more) => setLines((shown) => [...shown, ...more].slice(-MOST_LINES)),
        onStatus: setStatus,
        onProblem: setProblem,
      },
      abort.signal,
    );
    return () => abort.abort();
  }, [dagId, runId, taskId, mapIndex, tryNumber]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the end
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines, follows]);
  const onScroll = ({ currentTarget: pre }: UIEvent<HTMLPreElement>) => {
    setFollows(pre.scrollHeight - pre.scrollTop - pre.clientHeight < NEAR_END);
  };
  return (
    <div className="log-view">
      <div className="log-bar">
        <span className="quiet" data-log-status={status}>
          {status === "following" ? "Growing" : status === "reading" ? "Reading…" : `${lines.length} lines`}
        </span>
        <span className="spring" />
        <label className="check">
          <input type="checkbox" checked={follows} onChange={(event) => setFollows(event.target.checked)} />
          Follow
        </label>
        <label className="check">
          <input type="checkbox" checked={wraps} onChange={(event) => setWraps(event.target.checked)} />
          Wrap
        </label>
      </div>
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <pre ref={box} className={`log ${wraps ? "wraps" : ""}`} id="log" onScroll={onScroll} tabIndex={0}>
        {lines.length === MOST_LINES && <span className="quiet">… earlier lines are not shown{"\n"}</span>}
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
          <span key={index} className={line.level}>
            {line.timestamp !== undefined && <span className="stamp">[{line.timestamp}] </span>}
            {plainText(line.event)}
            {"\n"}
          </span>
        ))}
        {lines.length === 0 && status !== "reading" && (
          <span className="quiet">{status === "ended" ? "The log is empty." : "Nothing has been logged yet."}</span>
        )}
      </pre>
    </div>
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminal sequences begin with a control character
const ANSI = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;

/** Takes away what would steer a terminal; of a line that a progress bar wrote again and again, the last form stays. */
function plainText(line: string): string {
  const last = line.slice(line.trimEnd().lastIndexOf("\r") + 1);
  return last.replace(ANSI, "");
}
