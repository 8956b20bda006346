import { writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { withConfig } from "#core/config/load.ts";
import { until } from "#test/helpers/until.ts";
import { createFixture, queueRun, startWorker, storeDag, untilEnded, untilState } from "./worker-fixture.ts";

const BUNDLE = `
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Dag, getClient } from "daisy-install:/sdk/index.ts";
const dag = new Dag("questions");
dag.task("bystander", async () => {
  while (!existsSync(process.env.AIRFLOW_HOME + "/go")) await pause(10);
})();
for (const name of ["asks", "asks_too"]) dag.task(name, async () => { await getClient().getVariable("x", "none"); })();
`;

test("tasks whose questions wait for a lock hold up neither heartbeats nor outcomes of others", async (t) => {
  await using fixture = await createFixture();
  const { config, database, home } = fixture;
  const dag = await storeDag(database, BUNDLE);
  const worker = startWorker(fixture, { config: withConfig(config, { database: { sql_alchemy_pool_size: 2 } }) });
  const holder = await database.connect();
  try {
    const [bystander] = await queueRun(fixture, dag, ["bystander"]);
    await untilState(fixture, bystander!, "running");
    await holder.query("set idle_in_transaction_session_timeout = 0");
    await holder.query("begin");
    await holder.query("lock table variable in access exclusive mode");
    const asking = await queueRun(fixture, dag, ["asks", "asks_too"]);
    await until("both questions wait for the lock", async () => {
      const { rows } = await database.query(
        "select from pg_locks where relation = 'variable'::regclass and not granted and pid <> pg_backend_pid()",
      );
      return rows.length === 2;
    });

    const before = await heartbeatOf(bystander!);
    await until("the bystander's life is confirmed", async () => (await heartbeatOf(bystander!)) > before);
    await writeFile(path.join(home, "go"), "");
    t.is((await untilEnded(fixture, bystander!)).state, "success");

    await holder.query("rollback");
    for (const id of asking) t.is((await untilEnded(fixture, id)).state, "success");
  } finally {
    holder.release(true);
    await worker.stop();
  }

  async function heartbeatOf(id: string): Promise<Date> {
    const { rows } = await database.query("select last_heartbeat_at from task_instance where id = $1", [id]);
    return rows[0].last_heartbeat_at;
  }
});
