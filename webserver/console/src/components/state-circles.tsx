/** Counts by state, as in Airflow's DAG list: a circle in the state's colour, faint where there is nothing. */
export function StateCircles({
  states,
  counts,
  what,
}: {
  states: readonly string[];
  counts: Readonly<Record<string, number | undefined>>;
  /** What is counted, for tooltips. */
  what: string;
}) {
  return (
    <ul className="circles">
      {states.map((state) => {
        const count = counts[state] ?? 0;
        const title = `${state.replaceAll("_", " ")}: ${count} ${what}`;
        return (
          <li key={state} className={`circle ${count === 0 ? "none" : ""}`} data-state={state} title={title}>
            {count > 0 ? (count > 999 ? `${Math.floor(count / 1000)}k` : count) : ""}
            {count > 0 && <span className="hidden"> {state.replaceAll("_", " ")}</span>}
          </li>
        );
      })}
    </ul>
  );
}
