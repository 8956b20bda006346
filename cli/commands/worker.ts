import { defineCommand } from "../command.ts";
import { UsageError } from "../parse-arguments.ts";
import { runService, SERVICE_FLAGS, type ServiceContext } from "../run-service.ts";

export const command = defineCommand({
  summary: "Start a worker, which runs tasks",
  longRunning: true,
  flags: {
    queues: { short: "-q", help: "Comma delimited list of queues to serve" },
    concurrency: { short: "-c", type: "number", positive: true, help: "The number of tasks that run at once" },
    ...SERVICE_FLAGS,
  },
  refused: {
    do_pickle: { short: "-p", reason: "workers fetch the code of a DAG from the database by its hash" },
    celery_hostname: { short: "-cn", reason: "a worker is told by its host and process number" },
    autoscale: { short: "-a", reason: "an idle worker costs next to nothing; use --concurrency" },
  },
  async run(input) {
    const { concurrency } = input.flags;
    const queues = readQueues(input.flags.queues);
    const work = async (context: ServiceContext) => {
      const { runWorker } = await import("#worker/worker.ts");
      await runWorker({ ...context, queues, concurrency });
    };
    await runService("worker", input, work, { heedsHard: true });
  },
});

/** @throws {UsageError} when no queue is named: a worker without one would wait for nothing */
function readQueues(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  if (names.length === 0) throw new UsageError(`argument -q/--queues: expected at least one queue, got '${text}'`);
  return names;
}
