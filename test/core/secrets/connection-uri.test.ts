import test from "ava";
import fc from "fast-check";
import type { Connection } from "#core/secrets/connection.ts";
import { parseConnection, printConnectionUri } from "#core/secrets/connection-uri.ts";

const EMPTY: Connection = {
  id: "c",
  type: "",
  description: null,
  host: "",
  schema: "",
  login: null,
  password: null,
  port: null,
  extra: null,
};

/** As `airflow/models/connection.py` reads them. */
const READ: readonly (readonly [text: string, expected: Partial<Connection>])[] = [
  [
    "postgresql://me:secret@Db.Example:5432/shop",
    { type: "postgres", host: "db.example", login: "me", password: "secret", port: 5432, schema: "shop" },
  ],
  ["google-cloud-platform://?project=p%20q", { type: "google_cloud_platform", extra: '{"project":"p q"}' }],
  ["aws://key%2Fid:s%40%3A%2Fcret@", { type: "aws", login: "key/id", password: "s@:/cret" }],
  ["mysql://a:b@c@host/x", { type: "mysql", login: "a", password: "b@c", host: "host", schema: "x" }],
  ["http://https://site.example:8080/api", { type: "http", host: "https://site.example", port: 8080, schema: "api" }],
  ["http://https://me:pw@site.example", { type: "http", host: "https://site.example", login: "me", password: "pw" }],
  ["redis://:pw@[::1]:6379/0", { type: "redis", login: "", password: "pw", host: "::1", port: 6379, schema: "0" }],
  ["postgres://%2FVar%2Frun/db", { type: "postgres", host: "/Var/run", schema: "db" }],
  ["x://h/?__extra__=%7B%22a%22%3A+%5B1%5D%7D", { type: "x", host: "h", extra: '{"a": [1]}' }],
  ["x://h?url=http%3A%2F%2Fa%2F&empty=", { type: "x", host: "h", extra: '{"url":"http://a/","empty":""}' }],
  ["x://h/s%2Ft#fragment", { type: "x", host: "h", schema: "s/t" }],
  [
    '{"conn_type": "postgresql", "host": "H", "port": "5432", "extra": {"a": 1}, "schema": null}',
    { type: "postgres", host: "H", port: 5432, extra: '{"a":1}', schema: null },
  ],
];

for (const [text, expected] of READ) {
  test(`${text} is read`, (t) => {
    t.deepEqual(parseConnection("c", text), { ...EMPTY, ...expected });
  });
}

for (const wrong of [
  "no uri",
  "a://b://c://d",
  "a://me:pw@b://c",
  "a://h:port",
  "a://h:65536",
  '{"conn_type": 3}',
  '{"hots": "h"}',
  "{]",
]) {
  test(`${wrong} is refused by name, without being shown`, (t) => {
    const error = t.throws(() => parseConnection("the_id", wrong), { code: "CONNECTION_INVALID" });
    t.regex(error!.message, /^The connection the_id should be given as /);
  });
}

test("what is printed as a URI is read as the same connection", (t) => {
  const text = fc.string({ unit: "grapheme" });
  const name = fc.string({ minLength: 1 }).filter((host) => !host.includes("://") && host === host.toLowerCase());
  const connection = fc.record<Connection>({
    id: fc.constant("c"),
    type: fc.constantFrom("postgres", "google_cloud_platform", "http"),
    description: fc.constant(null),
    host: fc.oneof(name, fc.constantFrom("https://site.example", "")),
    schema: text,
    login: fc.string({ unit: "grapheme", minLength: 1 }),
    password: fc.option(text),
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
    extra: fc.oneof(
      fc.constant(null),
      fc.string({ minLength: 1 }),
      fc.dictionary(fc.string(), fc.string(), { minKeys: 1 }).map((object) => JSON.stringify(object)),
      fc.object().map((object) => JSON.stringify(object)),
    ),
  });
  fc.assert(
    fc.property(connection, (each) => {
      const { extra, ...rest } = parseConnection("c", printConnectionUri(each));
      t.deepEqual(rest, { ...rest, ...withoutExtra(each) });
      if (extra !== each.extra) t.deepEqual(JSON.parse(extra!), JSON.parse(each.extra!));
    }),
  );
  t.pass();
});

const withoutExtra = ({ extra: _, ...rest }: Connection) => rest;
