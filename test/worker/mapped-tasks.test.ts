import test from "ava";
import { uuid7 } from "#core/uuid7.ts";
import {
  addToQueue,
  createFixture,
  type Fixture,
  findTry,
  queueRun,
  readLog,
  startWorker,
  storeDag,
  untilEnded,
} from "./worker-fixture.ts";

const BUNDLE = `
import { Dag, getContext } from "daisy-install:/sdk/index.ts";
const dag = new Dag("maps");
const list = dag.task("list", async () => ["a", "b"])();
const mapped = dag.task("mapped", async ({ item }) => item === "b" ? null : item + getContext().mapIndex).expand({ item: list });
dag.task("all", async ({ items }) => items)({ items: mapped });
dag.task("again", async ({ item }) => item.toUpperCase()).expand({ item: mapped });
const word = dag.task("word", async () => "abc")();
dag.task("over_word", async ({ item }) => item).expand({ item: word });
const many = dag.task("many", async () => Array.from({ length: 2000 }, (_, n) => n))();
dag.task("over_many", async ({ item }) => item).expand({ item: many });
const nothing = dag.task("nothing", async () => undefined)();
dag.taskGroup("g").expand({ item: nothing.map((n) => n) }, (group, { item }) => {
  group.task("t", async ({ item }) => item)({ item });
});
const unpushed = dag.task("unpushed", async () => [1], { doXcomPush: false })();
dag.task("over_unpushed", async ({ item }) => item).expandKwargs(unpushed);
dag.task("unread_many", async () => Array.from({ length: 2000 }, (_, n) => n))();
`;

/** Queues tries of a mapped task in the run of another try, one for each map index. */
async function queueMapped(fixture: Fixture, runOf: string, taskId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, uuid7);
  await fixture.database.query(
    `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, max_tries,
                                operator, pool, pool_slots, queue, priority_weight, order_date)
     select new.id, ti.dag_run_id, ti.dag_id, ti.run_id, $3, new.number - 1, 'queued', 1, 0, '', 'default_pool', 1,
            'default', 1, now()
       from task_instance ti, unnest($2::uuid[]) with ordinality as new (id, number) where ti.id = $1`,
    [runOf, ids, taskId],
  );
  await addToQueue(fixture.queue, ids);
  return ids;
}

async function results(fixture: Fixture, runOf: string, taskId: string): Promise<unknown[]> {
  const { rows } = await fixture.database.query<{ value: unknown }>(
    `select value from xcom where task_id = $2 and dag_run_id = (select dag_run_id from task_instance where id = $1)
      order by map_index`,
    [runOf, taskId],
  );
  return rows.map(({ value }) => value);
}

test("instances of a mapped task take their items; what they push is a list for others", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture, { concurrency: 2 });
  const [list, all] = await queueRun(fixture, dag, ["list", "all"], { add: false });
  await addToQueue(fixture.queue, [list!]);
  await untilEnded(fixture, list!);
  for (const id of await queueMapped(fixture, list!, "mapped", 2)) {
    t.is((await untilEnded(fixture, id)).state, "success");
  }
  // The second one returned null, which is no item.
  t.deepEqual(await results(fixture, list!, "mapped"), ["a0"]);
  const [first, second] = await queueMapped(fixture, list!, "again", 2);
  t.is((await untilEnded(fixture, first!)).state, "success");
  t.is((await untilEnded(fixture, second!)).state, "failed");
  t.deepEqual(await results(fixture, list!, "again"), ["A0"]);
  await addToQueue(fixture.queue, [all!]);
  await untilEnded(fixture, all!);
  t.deepEqual(await results(fixture, list!, "all"), [["a0"]]);
  await worker.stop();
});

test("a result that changed since it was last read is read again", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture, { concurrency: 1 });
  const [list] = await queueRun(fixture, dag, ["list"]);
  await untilEnded(fixture, list!);
  const [first] = await queueMapped(fixture, list!, "mapped", 1);
  await untilEnded(fixture, first!);
  await fixture.database.query(
    "update xcom set value = '[\"c\"]', timestamp = clock_timestamp() where task_id = 'list'",
  );
  const [again] = await queueMapped(fixture, list!, "again", 1);
  await untilEnded(fixture, again!);
  await fixture.database.query("delete from task_instance where task_id = 'mapped'");
  const [second] = await queueMapped(fixture, list!, "mapped", 1);
  await untilEnded(fixture, second!);
  t.deepEqual(await results(fixture, list!, "mapped"), ["c0"]);
  await worker.stop();
});

test("a task whose result cannot be expanded over fails by itself", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture, { concurrency: 2 });
  const complaints = {
    word: "UnmappableXComTypePushed: unmappable return type 'string'",
    many: "UnmappableXComLengthPushed: unmappable return value length: 2000 > 1024",
    nothing: "XComForMappingNotPushed: did not push XCom for task mapping",
    unpushed: "XComForMappingNotPushed: did not push XCom for task mapping",
  };
  const ids = await queueRun(fixture, dag, [...Object.keys(complaints), "unread_many"]);
  for (const [index, complaint] of Object.values(complaints).entries()) {
    const row = await untilEnded(fixture, ids[index]!);
    t.is(row.state, "failed");
    t.true((await readLog(fixture, row, dag.dagId)).includes(complaint));
  }
  await untilEnded(fixture, ids.at(-1)!);
  t.is((await findTry(fixture, ids.at(-1)!)).state, "success");
  await worker.stop();
});
