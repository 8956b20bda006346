// How a task may end itself, and how trigger rules take it: `rest` still runs when what is before it was skipped or has
// failed, `rescue` only when something has failed.
import { AirflowFailException, AirflowSkipException, Dag, getContext } from "daisy";

const dag = new Dag("example_skip_and_fail", { description: "Tasks that skip and fail themselves", tags: ["example"] });

const skips = dag.task("skips", async () => {
  throw new AirflowSkipException("There is nothing to do today");
})();

// A plain error would be tried again; this one fails at once, whatever retries are left.
const fails = dag.task(
  "fails",
  async () => {
    throw new AirflowFailException("No other try would help");
  },
  { retries: 3 },
)();

const works = dag.task(
  "works_at_second_try",
  async () => {
    if (getContext().tryNumber === 1) throw new Error("Nobody is perfect");
  },
  { retries: 1, retryDelay: 0 },
)();

dag
  .task("rescue", async () => console.log("Something has failed"), { triggerRule: "one_failed" })()
  .after(fails, works);
dag
  .task("rest", async () => console.log("All have ended"), { triggerRule: "all_done" })()
  .after(skips, fails, works);
