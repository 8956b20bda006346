import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { TaskInstanceAnswer } from "../../../protocol.ts";
import { useFlash } from "../flash.tsx";
import { shownState } from "../states.ts";
import { ModalDialog } from "./modal-dialog.tsx";

/** What a change may reach beside what it is asked for, as Airflow names it. */
export type Scope = "Past" | "Future" | "Upstream" | "Downstream" | "Recursive" | "Failed";

const SCOPE_TITLES: Readonly<Record<Scope, string>> = {
  Past: "Also in runs with earlier logical dates",
  Future: "Also in runs with later logical dates",
  Upstream: "Also the tasks before it",
  Downstream: "Also the tasks after it",
  Recursive: "Also the tasks of other DAGs that external task markers name",
  Failed: "Only what has failed",
};

/** More are counted, not listed. */
const MOST_LISTED = 200;

/** A change to task instances that is shown before it is made. */
export interface Change {
  /** What is asked, such as `Clear Trainer`. */
  readonly title: string;
  /** On the button that answers yes. */
  readonly verb: string;
  /** What can be chosen, and what is at first. */
  readonly scopes: readonly Scope[];
  readonly chosen: readonly Scope[];
  /** Whether it can be asked that the latest version of the DAG runs. */
  readonly offersLatestVersion: boolean;
  /** Whether it makes sense when no task instance changes. */
  readonly mayBeEmpty: boolean;
  /** What is said above the list and after the change, given how many task instances change. */
  announce(count: number): string;
  report(count: number): string;
  preview(wish: ChangeWish): Promise<readonly TaskInstanceAnswer[]>;
  make(wish: ChangeWish): Promise<unknown>;
}

export interface ChangeWish {
  readonly scopes: ReadonlySet<Scope>;
  readonly runOnLatestVersion: boolean;
}

/** Lists what a change would do, and makes it when the user agrees. */
export function ChangeDialog({ change, onClose }: { change: Change; onClose: () => void }) {
  const client = useQueryClient();
  const flash = useFlash();
  const confirm = useRef<HTMLButtonElement>(null);
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(change.chosen));
  const [runOnLatestVersion, setRunOnLatestVersion] = useState(false);
  const wish: ChangeWish = { scopes, runOnLatestVersion };
  const preview = useQuery({
    queryKey: ["preview", change.title, [...scopes].sort()],
    queryFn: () => change.preview(wish),
    placeholderData: (previous) => previous,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const instances = preview.data;
  const canConfirm =
    instances !== undefined && !preview.isPlaceholderData && (change.mayBeEmpty || instances.length > 0);
  const make = useMutation({
    mutationFn: () => change.make(wish),
    onSuccess: () => {
      flash({ category: "success", message: change.report(instances!.length) });
      onClose();
    },
    onSettled: () => client.invalidateQueries(),
  });
  const isListed = instances !== undefined;
  useEffect(() => {
    // The question is asked so that Enter can answer it, once it is known what it is about.
    if (isListed) confirm.current!.focus();
  }, [isListed]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canConfirm && !make.isPending) make.mutate();
  };
  const problem = make.error ?? preview.error;
  return (
    <ModalDialog title={change.title} onClose={onClose} className="change">
      <form onSubmit={submit}>
        {change.scopes.length > 0 && (
          <fieldset className="scopes">
            <legend className="hidden">What it reaches</legend>
            {change.scopes.map((scope) => (
              <button
                key={scope}
                type="button"
                className="scope"
                aria-pressed={scopes.has(scope)}
                title={SCOPE_TITLES[scope]}
                onClick={() => setScopes(toggled(scopes, scope))}
              >
                {scope}
              </button>
            ))}
          </fieldset>
        )}
        {instances === undefined && preview.error === null && <p className="loading">Loading…</p>}
        {instances !== undefined && <Instances instances={instances} sentence={change.announce(instances.length)} />}
        {change.offersLatestVersion && (
          <label className="check">
            <input
              type="checkbox"
              checked={runOnLatestVersion}
              onChange={(event) => setRunOnLatestVersion(event.target.checked)}
            />
            Run with the latest version of the DAG
          </label>
        )}
        {problem !== null && (
          <p className="problem" role="alert">
            {problem.message}
          </p>
        )}
        <div className="buttons">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" aria-disabled={!canConfirm || make.isPending} ref={confirm}>
            {change.verb}
          </button>
        </div>
      </form>
    </ModalDialog>
  );
}

function Instances({ instances, sentence }: { instances: readonly TaskInstanceAnswer[]; sentence: string }) {
  return (
    <>
      <p aria-live="polite">{sentence}</p>
      {instances.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <ul className="changed" aria-label="Task instances" tabIndex={0}>
          {instances.slice(0, MOST_LISTED).map((instance) => (
            <li key={`${instance.dag_id} ${instance.dag_run_id} ${instance.task_id} ${instance.map_index}`}>
              <span className="dot" data-state={shownState(instance.state)} />
              <span className="changed-task">
                {instance.task_id}
                {instance.map_index >= 0 && ` [${instance.map_index}]`}
              </span>
              <span className="quiet">
                {instance.state ?? "no status"} · {instance.dag_id} · {instance.dag_run_id}
              </span>
            </li>
          ))}
          {instances.length > MOST_LISTED && <li className="quiet">and {instances.length - MOST_LISTED} more</li>}
        </ul>
      )}
    </>
  );
}

function toggled(scopes: ReadonlySet<Scope>, scope: Scope): ReadonlySet<Scope> {
  const next = new Set(scopes);
  if (!next.delete(scope)) next.add(scope);
  return next;
}
