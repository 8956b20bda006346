import test from "ava";
import { Dag } from "#sdk/dag.ts";
import { bash } from "#sdk/operators/bash.ts";
import { param } from "#sdk/param.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { seedDag, seedRun, seedScheduler } from "#test/webserver/helpers/seed.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const RUN = "manual__2019-01-01T00:00:00+00:00";
const RULE = `# ${"-".repeat(58)}`;
const RENDERED = `${RULE}
# property: bash_command
${RULE}
echo 3 manual__2019-01-01T00:00:00+00:00

${RULE}
# property: env
${RULE}
{'A': 'templated__t'}

`;

test("render prints each template field of a task as it is in a run", async (t) => {
  await using owner = await createTestDatabase();
  await using folder = await makeHome();
  await seedScheduler(owner.database);
  const dag = new Dag("templated", { params: { rows: param(3), db_password: param("hunter2") } });
  const env = { A: "{{ dag.dag_id }}__{{ task.task_id }}" };
  dag.task("t", bash({ bashCommand: "echo {{ params.rows }} {{ run_id }}", env }))();
  dag.task("logs_in", bash({ bashCommand: "mysql -p{{ params.db_password }}" }))();
  dag.task("bad", bash({ bashCommand: "echo {{ nope }}" }))();
  await seedDag(owner.database, dag);
  await seedRun(owner.database, "templated", RUN, { t: null, logs_in: null, bad: null });
  const environment = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: owner.url };
  for (const [command, code, out, complaint] of [
    [`render templated t ${RUN}`, 0, RENDERED, ""],
    [`tasks render templated t ${RUN}`, 0, RENDERED, ""],
    [`tasks render templated logs_in ${RUN}`, 0, `${RULE}\n# property: bash_command\n${RULE}\nmysql -p***\n\n`, ""],
    [`tasks render templated bad ${RUN}`, 1, "", "'nope' is undefined"],
    [`tasks render templated none ${RUN}`, 1, "", "Task none not found in dag templated"],
    ["tasks render templated t manual__other", 1, "", "DagRun for templated with run_id"],
  ] as const) {
    const outcome = await runAirflow(command.split(" "), environment);
    t.deepEqual([outcome.code, outcome.stdout], [code, out], `${command}: ${outcome.stderr}`);
    t.true(outcome.stderr.includes(complaint), outcome.stderr);
  }
});
