// What is stopped from outside while it runs is stopped with all that it started, however it resists.
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { withConfig } from "#core/config/load.ts";
import { until } from "#test/helpers/until.ts";
import {
  createFixture,
  type Fixture,
  findTry,
  queueRun,
  readLog,
  startWorker,
  storeDag,
  untilDead,
  untilStartedOver,
  untilState,
} from "./worker-fixture.ts";

const CASES: readonly { taskId: string; state: string | null; after: string | null; says: RegExp }[] = [
  ...["success", "failed", "skipped", "removed", "restarting"].map((state) => ({
    taskId: `set_to_${state}`,
    state,
    after: state === "restarting" ? null : state,
    says: new RegExp(`State of this instance has been externally set to ${state}\\. Terminating instance\\.`),
  })),
  { taskId: "times_out", state: null, after: "failed", says: /Timeout, PID: \d+: [\s\S]*AirflowTaskTimeout/ },
];

const BUNDLE = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("stopped");
async function pidOf(child) {
  const [line] = await once(child.stdout, "data");
  return Number(line);
}
const stubborn = (name) => async () => {
  process.on("SIGTERM", () => undefined);
  const sh = (script) => spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  const grandchild = await pidOf(sh("trap '' TERM; echo $$; while :; do sleep 1; done"));
  const daemon = await pidOf(sh("setsid sh -c 'trap \\"\\" TERM; echo $$; while :; do sleep 1; done' &"));
  const file = process.env.AIRFLOW_HOME + "/" + name;
  const bare = await pidOf(sh("setsid -w env -i PATH=$PATH sh -c 'trap \\"\\" TERM; echo $$; while :; do sleep 1; done'"));
  writeFileSync(file + ".new", [process.pid, grandchild, daemon, bare].join(" "));
  renameSync(file + ".new", file);
  for (;;);
};
for (const name of ${JSON.stringify(CASES.map(({ taskId }) => taskId))}) {
  dag.task(name, stubborn(name), name === "times_out" ? { executionTimeout: 3 } : {})();
}
`;

let fixture: Fixture;
let dag: Awaited<ReturnType<typeof storeDag>>;
let worker: ReturnType<typeof startWorker>;
test.before(async () => {
  fixture = await createFixture();
  dag = await storeDag(fixture.database, BUNDLE);
  const config = withConfig(fixture.config, { core: { killed_task_cleanup_time: 0.3 } });
  worker = startWorker(fixture, { config });
});
test.after.always(async () => {
  await worker?.stop();
  await fixture?.[Symbol.asyncDispose]();
});

for (const { taskId, state, after, says } of CASES) {
  test.serial(
    `task ${taskId}, which ignores SIGTERM, is killed with all that it started, and its log says why`,
    async (t) => {
      const [id] = await queueRun(fixture, dag, [taskId]);
      const running = await untilState(fixture, id!, "running");
      const file = path.join(fixture.home, taskId);
      // On a busy machine its time may be over before it has started anything.
      const pidsOf = async () => readFile(file, "utf8").catch(() => undefined);
      const isOver = async () => (await findTry(fixture, id!)).state === after;
      const pids = await until("its processes run", async () => (await pidsOf()) ?? ((await isOver()) && " "));
      if (state !== null)
        await fixture.database.query("update task_instance set state = $2 where id = $1", [id, state]);
      for (const pid of pids.trim().split(" ").filter(Boolean)) await untilDead(Number(pid));
      const row = await (after === null ? untilStartedOver(fixture, id!) : untilState(fixture, id!, after));
      t.is(row.state, after);
      await until("its log says why", async () => says.test(await readLog(fixture, running, dag.dagId)));
      if (after !== null) t.is((await findTry(fixture, id!)).state, after);
    },
  );
}
