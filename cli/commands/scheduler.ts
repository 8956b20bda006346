import { defineCommand } from "../command.ts";
import { runService, SERVICE_FLAGS } from "../run-service.ts";
import { NO_SUBDIR } from "../subdir.ts";

export const command = defineCommand({
  summary: "Start the scheduler, which parses the DAG files too",
  longRunning: true,
  flags: {
    run_duration: { short: "-r", type: "number", value: "SECONDS", help: "Stop after so many seconds" },
    ...SERVICE_FLAGS,
  },
  refused: {
    ...NO_SUBDIR,
    dag_id: { short: "-d", reason: "the scheduler cares for all DAGs; pause those that should not run" },
    num_runs: { short: "-n", reason: "the scheduler has no loop to count; use --run-duration" },
    do_pickle: { short: "-p", reason: "workers fetch the code of a DAG from the database by its hash" },
  },
  async run(input) {
    const { run_duration: seconds } = input.flags;
    await runService("scheduler", input, async ({ signal, ...context }) => {
      const { runScheduler } = await import("#scheduler/scheduler.ts");
      const ends = seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1_000)]);
      await runScheduler({ ...context, signal: ends });
    });
  },
});
