import test from "ava";
import { Dag, param } from "#sdk/index.ts";
import { seedDag } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

let server: TestServer;

test.before(async () => {
  server = await serve({});
  const rows = param(3, { type: "integer", minimum: 1, description: "How many" });
  await seedDag(server.database, new Dag("report", { params: { rows, day: param(undefined, { type: "string" }) } }));
});
test.after.always(() => server?.[Symbol.asyncDispose]());

const post = (body: object) =>
  fetch(`${server.url}/api/v2/dags/report/dagRuns`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

test("a DAG's details have its params, a required one without a value", async (t) => {
  const response = await fetch(`${server.url}/api/v2/dags/report/details`);
  const { params } = (await response.json()) as { params: unknown };
  t.deepEqual(params, {
    rows: { value: 3, description: "How many", schema: { type: "integer", minimum: 1 } },
    day: { value: null, description: null, schema: { type: "string" } },
  });
});

for (const [conf, date, status, detail] of [
  [{ day: "x", rows: 5 }, "2024-01-01T00:00:00Z", 200, undefined],
  [{ day: "x" }, null, 200, undefined],
  [{}, "2024-01-02T00:00:00Z", 400, "Invalid input for param day: No value passed and Param has no default value"],
  [{}, null, 400, "Invalid input for param day: No value passed and Param has no default value"],
  [{ day: "x", rows: "y" }, "2024-01-03T00:00:00Z", 400, "Invalid input for param rows: 'y' is not of type 'integer'"],
  [{ day: "x", rows: 0 }, null, 400, "Invalid input for param rows: 0 is less than the minimum of 1"],
] as const) {
  test(`a run at ${date} with the conf ${JSON.stringify(conf)} is answered with ${status}`, async (t) => {
    const response = await post({ logical_date: date, conf });
    const answer = (await response.json()) as { detail?: string };
    t.is(response.status, status);
    t.is(answer.detail, detail);
  });
}
