import test from "ava";
import { allTasks, mappedDag, seedDag, seedInstances, seedRun } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const RUN = "manual__2019-03-05T19:50:44.826000+00:00";
const TASKS = `/api/v2/dags/mapped/dagRuns/${RUN}/taskInstances`;

let server: TestServer;

test.before(async () => {
  server = await serve();
  const db = server.database;
  await seedDag(db, mappedDag());
  const id = await seedRun(db, "mapped", RUN, { ...allTasks(mappedDag(), null), files: "success" });
  await seedInstances(db, id, "load", ["success", "failed", "success"]);
  await db.query("update task_instance set rendered_map_index = 'a.csv' where task_id = 'load' and map_index = 0");
  await db.query(
    "insert into xcom (dag_run_id, task_id, map_index, key, value) values ($1, 'load', 2, 'return_value', '5')",
    [id],
  );
});
test.after.always(() => server?.[Symbol.asyncDispose]());

const ANSWERS: readonly (readonly [title: string, path: string, status: number, answer: object])[] = [
  [
    "an instance is named by its index",
    `${TASKS}/load/1`,
    200,
    { map_index: 1, state: "failed", rendered_map_index: "1" },
  ],
  ["an instance has the name that its task gave it", `${TASKS}/load/0`, 200, { rendered_map_index: "a.csv" }],
  [
    "a mapped task without an index is not found",
    `${TASKS}/load`,
    404,
    { detail: "Task instance is mapped, add the map_index value to the URL" },
  ],
  [
    "a task that is not expanded yet has one instance",
    `${TASKS}/per_file.rows`,
    200,
    { map_index: -1, rendered_map_index: null },
  ],
  [
    "an index that is no number is refused",
    `${TASKS}/load/first`,
    422,
    { detail: [{ type: "int_parsing", loc: ["path", "map_index"] }] },
  ],
  [
    "an index that there is not is not found",
    `${TASKS}/load/9`,
    404,
    {
      detail: `The Task Instance with dag_id: \`mapped\`, run_id: \`${RUN}\`, task_id: \`load\` and map_index: \`9\` was not found`,
    },
  ],
  [
    "the instances of a mapped task are listed by index",
    `${TASKS}/load/listMapped`,
    200,
    { task_instances: [{ map_index: 0 }, { map_index: 1 }, { map_index: 2 }], total_entries: 3 },
  ],
  [
    "they can be filtered by state",
    `${TASKS}/load/listMapped?state=failed`,
    200,
    { task_instances: [{ map_index: 1 }] },
  ],
  [
    "they can be filtered by index",
    `${TASKS}/load/listMapped?map_index=2&map_index=0&try_number=0&try_number=1`,
    200,
    { task_instances: [{ map_index: 0 }, { map_index: 2 }], total_entries: 2 },
  ],
  [
    "they can be filtered by their names",
    `${TASKS}/load/listMapped?rendered_map_index_pattern=csv`,
    200,
    { task_instances: [{ map_index: 0 }], total_entries: 1 },
  ],
  [
    "they are paged",
    `${TASKS}/load/listMapped?limit=1&offset=2`,
    200,
    { task_instances: [{ map_index: 2 }], total_entries: 3 },
  ],
  [
    "the list of a task that is not mapped is not found",
    `${TASKS}/files/listMapped`,
    404,
    { detail: "Task id files is not mapped" },
  ],
  ["the list of no task is not found", `${TASKS}/none/listMapped`, 404, { detail: "Task id none not found" }],
  ["tries have the index in the path", `${TASKS}/load/1/tries`, 200, { task_instances: [], total_entries: 0 }],
  [
    "XComs have the index in the query",
    `${TASKS}/load/xcomEntries/return_value?map_index=2`,
    200,
    { value: 5, map_index: 2 },
  ],
  ["all instances are among the run's", `${TASKS}?task_id=load`, 200, { total_entries: 3 }],
  [
    "a task says whether it is mapped",
    "/api/v2/dags/mapped/tasks",
    200,
    { tasks: [{ is_mapped: false }, { task_id: "load", is_mapped: true }] },
  ],
  [
    "the console counts the states of a task's instances",
    `/ui/dags/mapped/runs/${RUN}/states`,
    200,
    {
      tasks: [
        { task_id: "all" },
        { task_id: "files" },
        { task_id: "load", is_mapped: true, states: { success: 2, failed: 1 } },
      ],
    },
  ],
];

for (const [title, path, status, answer] of ANSWERS) {
  test(title, async (t) => {
    const { status: came, json } = await server.call("GET", path);
    t.is(came, status);
    t.like(json, trimLists(json, answer) as object);
  });
}

/** `t.like` compares arrays whole: what is expected of a longer one is expected of its beginning. */
function trimLists(actual: unknown, expected: unknown): unknown {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    for (let index = actual.length - 1; index >= expected.length; index--) actual.splice(index, 1);
    return expected.map((item, index) => trimLists(actual[index], item));
  }
  if (typeof expected !== "object" || expected === null) return expected;
  const fields = Object.entries(expected).map(([key, value]) => [
    key,
    trimLists((actual as Record<string, unknown>)?.[key], value),
  ]);
  return Object.fromEntries(fields);
}
