// An operator of one's own that gives its worker back while it waits, and goes on in one of its methods.
import { Dag, defer, operator, timeTrigger } from "daisy";

const nap = (seconds: number) =>
  operator<void, string>({
    operatorName: "NapOperator",
    execute: () =>
      defer({
        trigger: timeTrigger(new Date(Date.now() + seconds * 1_000)),
        method: "wakeUp",
        kwargs: { since: new Date().toISOString() },
      }),
    methods: { wakeUp: ({ event, kwargs }) => `Slept from ${kwargs.since} to ${event}` },
  });

const dag = new Dag("example_defer", { description: "Waits without a worker", tags: ["example"] });

const slept = dag.task("nap", nap(1))();
dag.task("tell", async ({ slept }: { slept: string }) => console.log(slept))({ slept });
