import test from "ava";
import { findConnection } from "#core/database/connections.ts";
import { findVariable } from "#core/database/variables.ts";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { openConnection, openVariable } from "#core/secrets/sealed-rows.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

const KEY = generateFernetKey();
const box = createSecretBox(KEY);
const withKey = () => serve({ core: { fernet_key: KEY } });

type Step = readonly [method: string, path: string, body: unknown, status: number, expected?: unknown];

async function walk(t: import("ava").ExecutionContext, server: TestServer, steps: readonly Step[]): Promise<void> {
  for (const [method, path, body, status, expected] of steps) {
    const answer = await server.call(method, `/api/v2/${path}`, body);
    t.is(answer.status, status, `${method} ${path}: ${answer.text}`);
    if (expected !== undefined) t.like(answer.json, expected as object, `${method} ${path}`);
    t.false(answer.text.includes("hunter"), `${method} ${path} shows a secret`);
  }
}

test("connections are added, shown masked, changed and deleted", async (t) => {
  await using server = await withKey();
  const shop = { connection_id: "shop", conn_type: "postgres", host: "db", login: "me", port: 5432 };
  await walk(t, server, [
    [
      "POST",
      "connections",
      { ...shop, password: "hunter2", extra: '{"sslmode": "require", "token": "hunter3"}' },
      201,
      { ...shop, password: "***", extra: '{"sslmode":"require","token":"***"}', schema: null, team_name: null },
    ],
    ["POST", "connections", shop, 409, { detail: "The Connection with connection_id: `shop` already exists" }],
    ["POST", "connections", { connection_id: "other.1", conn_type: "http" }, 201, { password: null, extra: null }],
    ["GET", "connections?connection_id_pattern=HO|none", undefined, 200, { total_entries: 1 }],
    [
      "GET",
      "connections?order_by=-connection_id&limit=1",
      undefined,
      200,
      { connections: [{ connection_id: "shop", password: "***" }], total_entries: 2 },
    ],
    ["GET", "connections?order_by=password", undefined, 400],
    ["GET", "connections/shop", undefined, 200, shop],
    ["GET", "connections/none", undefined, 404, { detail: "The Connection with connection_id: `none` was not found" }],
    // What a form sends back as it was shown stays what it was.
    [
      "PATCH",
      "connections/shop",
      { ...shop, host: "db2", password: "***", extra: '{"sslmode":"off","token":"***"}' },
      200,
      { host: "db2", password: "***" },
    ],
    ["PATCH", "connections/shop?update_mask=port", { ...shop, port: 1, host: "not me" }, 200, { port: 1, host: "db2" }],
    ["PATCH", "connections/shop", { connection_id: "x" }, 400],
    ["PATCH", "connections/none", shop, 404],
  ]);
  const opened = openConnection(box, (await findConnection(server.database, "shop"))!);
  t.like(opened, { host: "db2", port: 1, password: "hunter2", extra: '{"sslmode":"off","token":"hunter3"}' });
  await walk(t, server, [
    ["DELETE", "connections/shop", undefined, 204],
    ["DELETE", "connections/shop", undefined, 404],
  ]);
  const { rows } = await server.database.query("select event, extra::text from log order by id");
  t.deepEqual(
    rows.map((row) => row.event),
    ["post_connection", "post_connection", "patch_connection", "patch_connection", "delete_connection"],
  );
  t.false(/hunter/.test(JSON.stringify(rows)));
});

test("variables are added, shown masked, changed and deleted", async (t) => {
  await using server = await withKey();
  await walk(t, server, [
    ["POST", "variables", { key: "region", value: "chicago", description: "d" }, 201],
    ["POST", "variables", { key: "api_key", value: "hunter2" }, 201, { value: "***", is_encrypted: true }],
    ["POST", "variables", { key: "nested", value: { password: "hunter4", a: [1] } }, 201],
    ["POST", "variables", { key: "region", value: "x" }, 409],
    ["GET", "variables/region", undefined, 200, { key: "region", value: "chicago", description: "d", team_name: null }],
    ["GET", "variables/nested", undefined, 200, { value: '{"password":"***","a":[1]}' }],
    ["GET", "variables/none", undefined, 404, { detail: "The Variable with key: `none` was not found" }],
    ["GET", "variables?variable_key_pattern=_key", undefined, 200, { total_entries: 1 }],
    ["PATCH", "variables/region", { key: "region", value: "paris" }, 200, { value: "paris", description: "d" }],
    ["PATCH", "variables/region?update_mask=description", { value: "x", description: null }, 200, { value: "paris" }],
    ["PATCH", "variables/api_key", { value: "***" }, 200],
    ["PATCH", "variables/nested", { value: '{"password":"***","a":[2]}' }, 200],
    ["PATCH", "variables/region", { key: "other", value: "x" }, 400],
    ["DELETE", "variables/region", undefined, 204],
    ["DELETE", "variables/region", undefined, 404],
  ]);
  const value = async (key: string) => openVariable(box, (await findVariable(server.database, key))!);
  t.is(await value("api_key"), "hunter2");
  t.is(await value("nested"), '{"password":"hunter4","a":[2]}');
});

test("a password in a URL outlives a PATCH of what was shown, in whatever field it is", async (t) => {
  await using server = await withKey();
  const urls = {
    host: "https://me:hunter2@shop/a",
    description: "was ftp://me:hunter3@old and ftp://you:hunter4@old",
    schema: "s3://:hunter5@bucket",
  };
  await walk(t, server, [["POST", "connections", { connection_id: "shop", conn_type: "http", ...urls }, 201]]);
  const { json: shown } = await server.call("GET", "/api/v2/connections/shop");
  await walk(t, server, [
    ["PATCH", "connections/shop", shown, 200, { host: "https://me:***@shop/a" }],
    ["PATCH", "connections/shop", { host: "https://me:***@shop/b", schema: null }, 200, { schema: null }],
    ["POST", "variables", { key: "shop", value: "http://me:hunter6@shop", description: urls.description }, 201],
    ["PATCH", "variables/shop", { value: "http://me:***@shop/b", description: "now ftp://you:***@old" }, 200],
  ]);
  t.like(await findConnection(server.database, "shop"), {
    ...urls,
    host: "https://me:hunter2@shop/b",
    schema: null,
  });
  const variable = (await findVariable(server.database, "shop"))!;
  t.is(openVariable(box, variable), "http://me:hunter6@shop/b");
  t.is(variable.description, "now ftp://you:hunter4@old");
});

test("pools are added, shown with their slots, changed and deleted", async (t) => {
  await using server = await serve();
  await walk(t, server, [
    ["POST", "pools", { name: "gpu/a", slots: 2 }, 201, { name: "gpu/a", open_slots: 2, include_deferred: false }],
    ["POST", "pools", { name: "gpu/a", slots: 3 }, 409, { detail: "The Pool with name: `gpu/a` already exists" }],
    ["GET", "pools?pool_name_pattern=gpu", undefined, 200, { pools: [{ name: "gpu/a" }], total_entries: 1 }],
    ["GET", "pools?order_by=-slots", undefined, 200, { pools: [{ name: "default_pool" }, { name: "gpu/a" }] }],
    ["GET", "pools/gpu%2Fa", undefined, 200, { slots: 2, occupied_slots: 0, deferred_slots: 0, team_name: null }],
    ["PATCH", "pools/gpu%2Fa", { slots: -1, include_deferred: true }, 200, { slots: -1, open_slots: -1 }],
    ["PATCH", "pools/gpu%2Fa?update_mask=description", { slots: 7, description: "d" }, 200, { slots: -1 }],
    ["PATCH", "pools/gpu%2Fa", { name: "b" }, 400],
    ["PATCH", "pools/default_pool", { slots: 5 }, 200, { slots: 5, open_slots: 5 }],
    ["PATCH", "pools/default_pool", { description: "mine" }, 400],
    ["DELETE", "pools/gpu%2Fa", undefined, 204],
    ["DELETE", "pools/gpu%2Fa", undefined, 404, { detail: "The Pool with name: `gpu/a` was not found" }],
    ["DELETE", "pools/default_pool", undefined, 400, { detail: "Default Pool can't be deleted" }],
  ]);
});

const INVALID: readonly (readonly [title: string, path: string, body: unknown, loc: readonly string[]])[] = [
  ["no id", "connections", { conn_type: "http" }, ["body", "connection_id"]],
  ["an id with a slash", "connections", { connection_id: "a/b", conn_type: "http" }, ["body", "connection_id"]],
  ["no type", "connections", { connection_id: "a" }, ["body", "conn_type"]],
  ["a port that is a text", "connections", { connection_id: "a", conn_type: "b", port: "1" }, ["body", "port"]],
  ["an unknown field", "connections", { connection_id: "a", conn_type: "b", pw: 1 }, ["body", "pw"]],
  ["NUL in a text", "connections", { connection_id: "a", conn_type: "b", host: "\0" }, ["body", "host"]],
  ["no key", "variables", { value: "a" }, ["body", "key"]],
  ["no value", "variables", { key: "a" }, ["body", "value"]],
  ["too long a key", "variables", { key: "a".repeat(251), value: "" }, ["body", "key"]],
  ["no name", "pools", { slots: 1 }, ["body", "name"]],
  ["no slots", "pools", { name: "a" }, ["body", "slots"]],
  ["fewer slots than -1", "pools", { name: "a", slots: -2 }, ["body", "slots"]],
  ["half a slot", "pools", { name: "a", slots: 0.5 }, ["body", "slots"]],
  ["a word for true", "pools", { name: "a", slots: 1, include_deferred: "yes" }, ["body", "include_deferred"]],
];

test("what is not accepted is answered with 422 and its place", async (t) => {
  await using server = await withKey();
  for (const [title, path, body, loc] of INVALID) {
    const { status, json } = await server.call("POST", `/api/v2/${path}`, body);
    t.is(status, 422, title);
    t.deepEqual(json.detail[0].loc, loc, title);
  }
});

test("what another key encrypted is listed without its value, and can be replaced", async (t) => {
  await using server = await withKey();
  await server.database.query("insert into variable (key, value, is_encrypted) values ('lost', 'gAAAAA==', true)");
  await server.database.query(
    "insert into connection (conn_id, conn_type, password, extra, is_encrypted, is_extra_encrypted) values ('lost', 'x', 'p', 'e', true, true)",
  );
  await walk(t, server, [
    ["GET", "variables", undefined, 200, { variables: [{ key: "lost", value: null }] }],
    ["GET", "connections", undefined, 200, { connections: [{ password: "***", extra: null }] }],
    ["GET", "connections/lost", undefined, 200, { password: "***", extra: null }],
    ["PATCH", "variables/lost", { value: "found" }, 200, { value: "found", is_encrypted: true }],
    ["PATCH", "connections/lost", { conn_type: "y", password: "***" }, 200, { conn_type: "y", password: "***" }],
  ]);
  t.like(await findConnection(server.database, "lost"), { password: "p", extra: "e", is_encrypted: true });
  // What is not touched stays as it is, and what is lost can be replaced.
  const { status, json } = await server.call("PATCH", "/api/v2/connections/lost", { extra: '{"token":"***"}' });
  t.is(status, 409);
  t.regex(json.detail, /^The extra of the connection lost cannot be decrypted: .*\[core\] fernet_key/);
  await walk(t, server, [["PATCH", "connections/lost", { password: "hunter2", extra: "{}" }, 200, { extra: "{}" }]]);
  t.is(openConnection(box, (await findConnection(server.database, "lost"))!).password, "hunter2");
});
