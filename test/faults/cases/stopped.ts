import { clearInstances } from "#core/database/by-hand/clear-instances.ts";
import { markInstances } from "#core/database/by-hand/mark-instances.ts";
import { until } from "#test/helpers/until.ts";
import { audit } from "../audit.ts";
import { type Fault, UNDER_WAY } from "../fault.ts";
import { lingering, stoppedLoad } from "../stopped-load.ts";

const FAULTS: readonly Fault[] = [
  {
    title: "tasks that resist and leave daemons are cleared, marked and timed out while they run, or fail",
    impossible: () => (process.platform === "linux" ? undefined : "only Linux tells whose a daemon is"),
    async play({ t, rig, isInOrder }) {
      const { database } = rig.bench;
      const load = await rig.startLoad(stoppedLoad(rig.place));
      await load.untilStarted(UNDER_WAY);
      const dagId = "stopped";
      const runId = load.runOf(dagId);
      const run = `${dagId}/${runId}`;
      const choose = async (taskId: string) => {
        await until(
          `${taskId} runs, with what it starts`,
          async () => (await lingering(`${run} ${taskId}`)).length >= 2,
        );
        return { dagId, runs: { runId }, tasks: [taskId] };
      };
      const stopped = [
        await clearInstances(database, await choose("cleared")),
        await markInstances(database, await choose("marked_success"), "success"),
        await markInstances(database, await choose("marked_failed"), "failed"),
      ];
      t.deepEqual(
        stopped.flat().map(({ state }) => state),
        ["running", "running", "running"],
      );
      await load.arrive();
      await isInOrder(load);
      await until("nothing that they started is left", async () => (await lingering(run)).length === 0);
      const evidence = await load.evidence();
      t.deepEqual(audit(evidence), [], "nor has it changed anything late");
      const tries = evidence.executions.filter(({ taskId }) => taskId === "cleared").map(({ tryNumber }) => tryNumber);
      t.deepEqual(tries, [1, 2], "what was cleared has one try more");
    },
  },
];
export default FAULTS;
