import test from "ava";
import type { AirflowConfig } from "#core/config/options.ts";
import {
  createFixture,
  type Fixture,
  queueRun,
  readLog,
  readXCom,
  startWorker,
  storeDag,
  untilEnded,
} from "./worker-fixture.ts";

const BUNDLE = `
import { Asset, AssetAlias, bash, Dag, getClient, getContext, param } from "daisy-install:/sdk/index.ts";
const userDefinedMacros = { region: "eu", sizes: { small: [1, 2] }, test_mode: "hidden" };
const dag = new Dag("templated", { userDefinedMacros, params: { rows: param(3, { type: "integer", minimum: 1 }), flag: true } });
const command = (id, bashCommand, options) => dag.task(id, bash({ bashCommand }), options)();
command("echoes", "echo {{ ds_nodash }} {{ params.rows }} {{ params.flag }} {{ dag_run.conf.get('x', 'none') }} {{ task_instance_key_str }}");
dag.task("env", bash({ bashCommand: "echo $DAY", env: { DAY: "{{ run_id[:8] }} {{ task.task_id }} {{ dag.dag_id }}" } }))();
command("macros", "echo {{ region }} {{ sizes.small[1] }} {{ test_mode }}");
command("plain", "echo '{ no template }'");
command("unknown", "echo {{ nope }}", { retries: 0 });
command("endless", "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}");
command("secret", "echo {{ var.value.api_key }} {{ var.json.settings.city }} {{ conn.db.password }} {{ conn.db.host }}");
const made = dag.task("made", async () => ({ n: [1, 2] }))();
dag.task("pulls", bash({ bashCommand: "echo {{ ti.xcom_pull(task_ids='made')['n'] }} {{ ti.xcom_pull('nobody') }}" }))().after(made);
dag.task("handler", async () => {
  const { params, templatesDict } = getContext();
  return { params, templatesDict };
}, { params: { own: "a" }, templatesDict: { path: "/data/{{ ds }}/{{ params.own }}", many: ["{{ params.rows + 1 }}"] } })();
command("events", "echo .{% for uri, events in triggering_asset_events.items() %}{{ uri }}={{ events | length }}:{{ (events | first).source_dag_id }}{% endfor %}.");
command("counts", "echo {{ expanded_ti_count }}");
dag.task("inlets", bash({ bashCommand: "echo {{ inlet_events[0] | length }} {{ inlet_events[1][-1].extra.n }}" }), {
  inlets: [new AssetAlias({ name: "nothing" }), new Asset({ name: "in", uri: "s3://in" })],
})();
command("long", "echo {{ 'abc' * 3000 }} | wc -c");
export default dag;
`;

let fixture: Fixture;
let worker: ReturnType<typeof startWorker>;
let dag: { dagId: string; versionId: string };

test.before(async () => {
  fixture = await createFixture();
  await fixture.database.query(
    "insert into variable (key, value) values ('api_key', 'very-hidden'), ('settings', '{\"city\": \"Bern\"}')",
  );
  await fixture.database.query(
    "insert into connection (conn_id, conn_type, host, password) values ('db', 'postgres', 'db.example', 'pass-word')",
  );
  dag = await storeDag(fixture.database, BUNDLE);
  const { core } = fixture.config;
  const config: AirflowConfig = { ...fixture.config, core: { ...core, template_rendering_timeout: 1 } };
  worker = startWorker(fixture, { config });
});
test.after.always(async () => {
  await worker?.stop();
  await fixture?.[Symbol.asyncDispose]();
});

async function run(taskId: string, conf: object = {}) {
  const [id] = await queueRun(fixture, dag, [taskId], { conf });
  const row = await untilEnded(fixture, id!);
  const { rows } = await fixture.database.query<{ fields: Record<string, unknown> }>(
    `select rendered_fields as fields from rendered_task_instance_fields
      where dag_run_id = (select dag_run_id from task_instance where id = $1) and task_id = $2`,
    [id, taskId],
  );
  return {
    row,
    result: await readXCom(fixture, row),
    log: await readLog(fixture, row, dag.dagId),
    shown: rows[0]?.fields,
  };
}

test("a command is rendered with dates, params, conf and the task's key", async (t) => {
  const { row, result, shown } = await run("echoes", { x: "y", rows: 7 });
  t.is(row.state, "success");
  t.regex(result!, /^"\d{8} 7 True y templated__echoes__\d{8}"$/);
  t.is(shown?.bash_command, `echo ${JSON.parse(result!)}`);
});

test("fields of an object are rendered too", async (t) => {
  const { result } = await run("env");
  t.is(result, '"manual__ env templated"');
});

test("what the DAG defines for templates is known, and hides what has the same name", async (t) => {
  const { result } = await run("macros");
  t.is(result, '"eu 2 hidden"');
});

test("a command without a template is shown as it is", async (t) => {
  const { row, result, shown } = await run("plain");
  t.deepEqual([row.state, result, shown], ["success", '"{ no template }"', { bash_command: "echo '{ no template }'" }]);
});

test("an unknown name fails the task, and the log names it", async (t) => {
  const { row, log } = await run("unknown");
  t.is(row.state, "failed");
  t.regex(log, /A template of task "unknown" could not be rendered: 'nope' is undefined/);
  t.notRegex(log, /run-try\.ts/);
});

test("a template that loops for ever fails the task in the limit", async (t) => {
  const { row, log } = await run("endless");
  t.is(row.state, "failed");
  t.regex(log, /Rendering took longer than 1 s \(\[core\] template_rendering_timeout\)/);
});

test("variables and connections reach templates; their secrets reach neither the log nor what is shown", async (t) => {
  const { result, log, shown } = await run("secret");
  t.is(result, '"very-hidden Bern pass-word db.example"');
  t.deepEqual(shown, { bash_command: "echo *** Bern *** db.example" });
  t.notRegex(log, /very-hidden|pass-word/);
});

test("XComs are pulled by templates; one that nobody pushed is None", async (t) => {
  const [, id] = await queueRun(fixture, dag, ["made", "pulls"], { add: false });
  const { rows } = await fixture.database.query<{ id: string }>(
    "select id from task_instance where dag_run_id = (select dag_run_id from task_instance where id = $1)",
    [id],
  );
  const [made] = rows.map((row) => row.id).filter((other) => other !== id);
  await fixture.queue.add([{ id: made!, queue: "default" }]);
  await untilEnded(fixture, made!);
  await fixture.queue.add([{ id: id!, queue: "default" }]);
  t.is(await readXCom(fixture, await untilEnded(fixture, id!)), '"[1, 2] None"');
});

test("a handler reads params, the task's over the DAG's, and its templatesDict", async (t) => {
  const { result, shown } = await run("handler", { rows: 9 });
  const { params, templatesDict } = JSON.parse(result!) as Record<string, Record<string, unknown>>;
  t.deepEqual(params, { rows: 9, flag: true, own: "a" });
  t.regex(String(templatesDict!.path), /^\/data\/\d{4}-\d{2}-\d{2}\/a$/);
  t.deepEqual(templatesDict!.many, ["10"]);
  t.deepEqual(shown, { templates_dict: templatesDict });
});

test("a run names the asset events that it was created for; others have none", async (t) => {
  t.is((await run("events")).result, '".."');
  const [id] = await queueRun(fixture, dag, ["events"], { add: false });
  await fixture.database.query(
    `with asset as (insert into asset (name, uri, "group") values ('a', 's3://a', 'g') returning id),
          event as (insert into asset_event (asset_id, source_dag_id) select id, 'maker' from asset returning id)
     insert into dagrun_asset_event (dag_run_id, event_id)
     select ti.dag_run_id, event.id from event, task_instance ti where ti.id = $1`,
    [id],
  );
  await fixture.queue.add([{ id: id!, queue: "default" }]);
  t.is(await readXCom(fixture, await untilEnded(fixture, id!)), '".s3://a=1:maker."');
});

test("a mapped task's templates know how many instances it has; those of others do not", async (t) => {
  t.is((await run("counts")).result, '"None"');
  const [id] = await queueRun(fixture, dag, ["counts"], { add: false });
  await fixture.database.query(
    `with mapped as (update task_instance set map_index = 0 where id = $1 returning *)
     insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, max_tries,
                                operator, pool, pool_slots, queue, priority_weight, order_date)
     select gen_random_uuid(), m.dag_run_id, m.dag_id, m.run_id, m.task_id, other.i, other.state, 1, 0, '', 'default_pool', 1,
            'default', 1, now()
       from mapped m, (values (1, 'success'), (2, 'removed')) as other (i, state)`,
    [id],
  );
  await fixture.queue.add([{ id: id!, queue: "default" }]);
  t.is(await readXCom(fixture, await untilEnded(fixture, id!)), '"2"');
});

test("a template names the events of the task's inlets by their places", async (t) => {
  await fixture.database.query(
    `with asset as (insert into asset (name, uri, "group") values ('in', 's3://in', 'g') returning id)
     insert into asset_event (asset_id, extra) select id, '{"n": 7}' from asset`,
  );
  t.is((await run("inlets")).result, '"0 7"');
});

test.serial("rendered fields are kept of the newest runs only", async (t) => {
  const database = fixture.database;
  const { rows } = await database.query<{ id: string }>(
    `with run as (
       insert into dag_run (dag_id, run_id, run_type, state, logical_date, run_after, triggered_by, dag_version_id)
       select $1, 'old__' || n, 'manual', 'success', '2001-01-01'::date + n, now(), 'test', $2
         from generate_series(1, 40) as n returning id)
     insert into rendered_task_instance_fields (dag_run_id, task_id, rendered_fields)
     select id, 'gone', '{}' from run returning dag_run_id as id`,
    [dag.dagId, dag.versionId],
  );
  await run("plain");
  const kept = await database.query<{ id: string }>(
    "select dag_run_id as id from rendered_task_instance_fields where task_id = 'gone'",
  );
  t.true(kept.rows.length > 0 && kept.rows.length < 30, String(kept.rows.length));
  const oldestKept = Math.min(...kept.rows.map(({ id }) => Number(id)));
  t.is(rows.filter(({ id }) => Number(id) >= oldestKept).length, kept.rows.length);
});

test("a conf that does not fit the params fails the task", async (t) => {
  const { row, log } = await run("echoes", { rows: "many" });
  t.is(row.state, "failed");
  t.regex(log, /Invalid input for param rows: 'many' is not of type 'integer'/);
});

test("a long field is cut in what is shown, not in what runs", async (t) => {
  const { result, shown } = await run("long");
  t.is(result, '"9001"');
  t.regex(
    String(shown?.bash_command),
    /^Truncated\. You can change this behaviour in \[core\]max_templated_field_length\. '/,
  );
  t.true(String(shown?.bash_command).length < 4200);
});
