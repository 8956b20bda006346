import test from "ava";
import { ask } from "./helpers/seed.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const QUESTION = {
  subject: "Which model?",
  body: "The new one is better.",
  options: ["new", "old"],
  defaults: ["old"],
  multiple: false,
  params: { share: { value: 0.5, schema: { type: "number", maximum: 1 } } },
  assigned_users: [],
};

let server: TestServer;
test.before(async () => {
  server = await serve();
});
test.after.always(() => server?.[Symbol.asyncDispose]());

const answer = { chosen_options: ["new"], params_input: { share: 0.7 } };

test.serial("a question is listed and shown, and an answer resumes the task once", async (t) => {
  const path = await ask(server.database, "asks", QUESTION);
  const { json } = await server.call("GET", path);
  t.like(json, { ...QUESTION, response_received: false, responded_at: null, chosen_options: null, params_input: {} });
  t.like(json.task_instance, { dag_id: "asks", task_id: "choose", state: "deferred" });
  const open = "/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false&dag_id_pattern=asks";
  t.deepEqual((await server.call("GET", open)).json, { hitl_details: [json], total_entries: 1 });
  t.is((await server.call("GET", `${open}&created_at_gt=2024-01-01&created_at_lt=2999-01-01`)).json.total_entries, 1);
  t.is((await server.call("GET", `${open}&created_at_lt=2024-01-01`)).json.total_entries, 0);
  t.is((await server.call("GET", `${open}&created_at_gt=2999-01-01`)).json.total_entries, 0);

  const { status, json: response } = await server.call("PATCH", path, answer);
  t.is(status, 200);
  t.like(response, { ...answer, responded_by: { id: "Anonymous", name: "Anonymous" } });
  t.is((await server.call("GET", open)).json.total_entries, 0);
  const { rows } = await server.database.query("select state, trigger_event from task_instance where dag_id = 'asks'");
  t.is(rows[0].state, "scheduled");
  t.like(rows[0].trigger_event, { ...answer, timedout: false, responded_at: response.responded_at });
  const { json: answered } = await server.call("GET", path);
  t.like(answered, { ...answer, response_received: true, responded_by_user: { id: "Anonymous" } });

  const again = await server.call("PATCH", path, answer);
  t.is(again.status, 409);
  t.regex(again.json.detail, /^Human-in-the-loop detail has already been updated for Task Instance with id /);
});

test.serial("each try keeps what it asked, and what it was told", async (t) => {
  const path = await ask(server.database, "tries", QUESTION);
  await server.call("PATCH", path, answer);
  const task = path.replace("/-1/hitlDetails", "");
  await server.call("PATCH", task, { new_state: "failed" });
  await server.call("POST", "/api/v2/dags/tries/clearTaskInstances", { dry_run: false });
  const first = await server.call("GET", `${path}/tries/1`);
  t.is(first.status, 200);
  t.like(first.json, { ...QUESTION, ...answer, response_received: true });
  t.like(first.json.task_instance, { task_id: "choose", state: "failed", try_number: 1 });
  t.is((await server.call("GET", `${path}/tries/2`)).status, 404);
});

test.serial(
  "params that sound like secrets are never shown, and stay what they were when they come back masked",
  async (t) => {
    const params = {
      db_password: { value: "hunter-one", schema: { type: "string" } },
      pin_secret: { value: 4711 },
      target: { value: { url: "https://me:hunter-two@shop/a", token: "hunter-three" } },
    };
    const path = await ask(server.database, "secretive", { ...QUESTION, params });
    const { json, text } = await server.call("GET", path);
    t.false(text.includes("hunter"), text);
    t.deepEqual(json.params, {
      db_password: { value: "***", schema: { type: "string" } },
      pin_secret: { value: "***" },
      target: { value: { url: "https://me:***@shop/a", token: "***" } },
    });
    // As the console does: each field as it was shown, one of them edited.
    const sent = { db_password: "***", pin_secret: "***", target: { url: "https://me:***@shop/b", token: "***" } };
    const response = await server.call("PATCH", path, { chosen_options: ["new"], params_input: sent });
    t.is(response.status, 200, response.text);
    t.deepEqual(response.json.params_input, sent);
    for (const place of [path, `${path}/tries/1`]) {
      const answered = await server.call("GET", place);
      t.deepEqual(answered.json.params_input, sent);
      t.false(answered.text.includes("hunter"), answered.text);
    }
    const { rows } = await server.database.query(
      "select trigger_event -> 'params_input' as input from task_instance where dag_id = 'secretive'",
    );
    t.deepEqual(rows[0].input, {
      db_password: "hunter-one",
      pin_secret: 4711,
      target: { url: "https://me:hunter-two@shop/b", token: "hunter-three" },
    });
  },
);

const WRONG: readonly [body: unknown, status: number, detail?: string][] = [
  [{}, 422],
  [{ chosen_options: [] }, 422],
  [{ chosen_options: [1] }, 422],
  [{ ...answer, responded_by: "x" }, 422],
  [{ ...answer, params_input: [] }, 422],
  [{ ...answer, chosen_options: ["x"] }, 400, 'Responses ["x"] not in ["new","old"]'],
  [{ chosen_options: ["new"] }, 400, 'params_input [] does not match params ["share"]'],
  [{ ...answer, params_input: { share: 2 } }, 400, 'params_input "share" value must be <= 1'],
];

test.serial("wrong answers are refused, and the question stays open", async (t) => {
  const path = await ask(server.database, "wrong", QUESTION);
  for (const [body, status, detail] of WRONG) {
    const got = await server.call("PATCH", path, body);
    t.is(got.status, status, JSON.stringify(body));
    if (detail !== undefined) t.is(got.json.detail, detail);
  }
  t.is((await server.call("PATCH", path, answer)).status, 200);
});

test.serial("only assigned users answer", async (t) => {
  const path = await ask(server.database, "assigned", { ...QUESTION, assigned_users: [{ id: "ann", name: "Ann" }] });
  const refused = await server.call("PATCH", path, answer);
  t.is(refused.status, 403);
  t.is(refused.json.detail, "User=Anonymous (id=Anonymous) is not a respondent for the task.");
  const ui = path.replace("/api/v2", "/ui");
  t.is((await server.call("PATCH", ui, { ...answer, responded_by: "bob" })).status, 403);
  t.like((await server.call("PATCH", ui, { ...answer, responded_by: "ann" })).json, {
    responded_by: { id: "ann", name: "Ann" },
  });
});

test.serial("what does not wait any more cannot be answered, and what never asked has no question", async (t) => {
  const path = await ask(server.database, "gone", QUESTION);
  await server.database.query("update task_instance set state = 'success' where dag_id = 'gone'");
  t.is((await server.call("PATCH", path, answer)).status, 409);
  await server.database.query(
    "delete from hitl_detail h using dag_run r where r.id = h.dag_run_id and dag_id = 'gone'",
  );
  const none = await server.call("GET", path);
  t.is(none.status, 404);
  t.regex(none.json.detail, /^Human-in-the-loop detail does not exist for Task Instance with id /);
  t.is((await server.call("GET", path.replace("choose", "nope"))).status, 404);
});
