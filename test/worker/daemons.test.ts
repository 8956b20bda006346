// A daemon is a process that has left the process group of the task that started it.
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { createFixture, isAlive, queueRun, startWorker, storeDag, untilDead, untilEnded } from "./worker-fixture.ts";

const BUNDLE = `
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("daemons");
async function startDaemon(name) {
  const starter = spawn("sh", ["-c", "setsid sleep 1000 & echo $!"], { stdio: ["ignore", "pipe", "ignore"] });
  const [pid] = await once(starter.stdout, "data");
  writeFileSync(process.env.AIRFLOW_HOME + "/" + name, String(pid));
}
dag.task("succeeds", () => startDaemon("succeeds"))();
dag.task("fails", async () => { await startDaemon("fails"); throw new Error("the task failed"); })();
`;

test("a daemon lives on when its task succeeded, whatever the process does next, and dies with a task that fails", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture, { concurrency: 1 });
  const daemonOf = async (name: string) => Number(await readFile(path.join(fixture.home, name), "utf8"));
  try {
    for (const [name, state] of [
      ["succeeds", "success"],
      ["fails", "failed"],
    ] as const) {
      const [id] = await queueRun(fixture, dag, [name]);
      t.is((await untilEnded(fixture, id!)).state, state);
    }
    await untilDead(await daemonOf("fails"));
  } finally {
    // Then all processes have ended that ran tries.
    await worker.stop();
  }
  const kept = await daemonOf("succeeds");
  t.true(isAlive(kept));
  process.kill(kept, "SIGKILL");
});
