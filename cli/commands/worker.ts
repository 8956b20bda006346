import { defineCommand } from "../command.ts";
import { runService, SERVICE_FLAGS, type ServiceContext } from "../run-service.ts";

export const command = defineCommand({
  summary: "Start a worker, which runs tasks",
  longRunning: true,
  flags: {
    queues: { short: "-q", help: "Comma delimited list of queues to serve" },
    concurrency: { short: "-c", type: "number", help: "The number of tasks that run at once" },
    ...SERVICE_FLAGS,
  },
  refused: {
    do_pickle: { short: "-p", reason: "workers fetch the code of a DAG from the database by its hash" },
    celery_hostname: { short: "-cn", reason: "a worker is told by its host and process number" },
    autoscale: { short: "-a", reason: "an idle worker costs next to nothing; use --concurrency" },
  },
  async run(input) {
    const { queues, concurrency } = input.flags;
    const work = async (context: ServiceContext) => {
      const { runWorker } = await import("#worker/worker.ts");
      const names = queues?.split(",").map((name) => name.trim());
      await runWorker({ ...context, queues: names?.filter((name) => name !== ""), concurrency });
    };
    await runService("worker", input, work, { heedsHard: true });
  },
});
