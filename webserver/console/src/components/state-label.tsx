import { shownState } from "../states.ts";

/** A state by name, in its colour. */
export function StateLabel({ state }: { state: string | null }) {
  return (
    <span className="state-label" data-state={shownState(state)}>
      {state ?? "no status"}
    </span>
  );
}
