import test from "ava";
import { insertConnection } from "#core/database/connections.ts";
import { storeVariable } from "#core/database/variables.ts";
import { isPassing } from "#core/passing-errors.ts";
import type { Connection } from "#core/secrets/connection.ts";
import { generateFernetKey } from "#core/secrets/fernet.ts";
import { lookUpConnection, lookUpVariable } from "#core/secrets/lookup.ts";
import { rotateSecrets } from "#core/secrets/rotate.ts";
import { sealConnection, sealVariable } from "#core/secrets/sealed-rows.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { createTestDatabase } from "../../helpers/database.ts";

const [OLD, NEW] = [generateFernetKey(), generateFernetKey()];

const SHOP: Connection = {
  id: "shop",
  type: "postgres",
  description: "The shop",
  host: "db",
  schema: "s",
  login: "me",
  password: "hunter2",
  port: 5432,
  extra: '{"token":"hunter3"}',
};

test("the first key encrypts, all decrypt, and without a key texts stay as they are", (t) => {
  const sealed = createSecretBox(OLD).seal("hunter2");
  t.true(sealed.isEncrypted);
  t.false(sealed.text.includes("hunter2"));
  t.is(createSecretBox(`${NEW}, ${OLD}`).open(sealed, "It"), "hunter2");
  const anew = createSecretBox(`${NEW},${OLD}`).seal("x");
  t.is(createSecretBox(NEW).open(anew, "It"), "x");
  t.deepEqual(createSecretBox("").seal("x"), { text: "x", isEncrypted: false });
  t.is(createSecretBox(NEW).open({ text: "x", isEncrypted: false }, "It"), "x");
});

test("a wrong key names the option, and is no reason to try again", (t) => {
  const sealed = createSecretBox(OLD).seal("x");
  for (const key of [NEW, ""]) {
    const error = t.throws(() => createSecretBox(key).open(sealed, "The variable a"), { code: "FERNET_KEY_WRONG" });
    t.regex(error!.message, /^The variable a cannot be decrypted: .*\[core\] fernet_key/);
    t.false(isPassing(error));
  }
});

test("a malformed key fails what needs it, and names the option and not the key", (t) => {
  const box = createSecretBox(`${OLD},hunter2`);
  const error = t.throws(() => box.seal("x"), { code: "FERNET_KEY_INVALID" });
  t.regex(error!.message, /^\[core\] fernet_key should be .* but key 2 is not/);
  t.false(error!.message.includes("hunter2"));
});

test("secrets are encrypted at rest, and look-ups open them", async (t) => {
  await using db = await createTestDatabase();
  const box = createSecretBox(OLD);
  await storeVariable(db.database, sealVariable(box, { key: "a", value: "hunter1" }));
  await insertConnection(db.database, sealConnection(box, SHOP));
  const { rows } = await db.database.query(
    "select to_json(v)::text || to_json(c)::text as kept, v.is_encrypted, c.is_encrypted and c.is_extra_encrypted as both from variable v, connection c",
  );
  t.false(/hunter/.test(rows[0].kept));
  t.true(rows[0].is_encrypted && rows[0].both);
  t.is(await lookUpVariable(db.database, box, "a", {}), "hunter1");
  t.deepEqual(await lookUpConnection(db.database, box, "shop", {}), SHOP);
  t.is(await lookUpVariable(db.database, box, "none", {}), null);
  t.is(await lookUpConnection(db.database, box, "none", {}), null);
});

test("the environment's variables and connections win over the stored ones", async (t) => {
  await using db = await createTestDatabase();
  const box = createSecretBox(OLD);
  await storeVariable(db.database, sealVariable(box, { key: "a", value: "stored" }));
  await insertConnection(db.database, sealConnection(box, SHOP));
  const env = { AIRFLOW_VAR_A: "", AIRFLOW_CONN_SHOP: "redis://other:6379", AIRFLOW_CONN_J: '{"conn_type":"http"}' };
  t.is(await lookUpVariable(db.database, box, "a", env), "");
  t.like(await lookUpConnection(db.database, box, "shop", env), { id: "shop", type: "redis", host: "other" });
  t.like(await lookUpConnection(db.database, box, "j", env), { type: "http", host: null });
});

test("rotation encrypts everything with the first key, also what was stored in the clear", async (t) => {
  await using db = await createTestDatabase();
  await storeVariable(db.database, sealVariable(createSecretBox(OLD), { key: "a", value: "1" }));
  await storeVariable(db.database, sealVariable(createSecretBox(""), { key: "b", value: "2", description: "d" }));
  await insertConnection(db.database, sealConnection(createSecretBox(OLD), SHOP));
  const counts = await rotateSecrets(db.database, createSecretBox(`${NEW},${OLD}`));
  t.deepEqual(counts, { variables: 2, connections: 1 });
  const box = createSecretBox(NEW);
  t.is(await lookUpVariable(db.database, box, "a", {}), "1");
  t.is(await lookUpVariable(db.database, box, "b", {}), "2");
  t.deepEqual(await lookUpConnection(db.database, box, "shop", {}), SHOP);
  const { rows } = await db.database.query("select key, description from variable where is_encrypted order by key");
  t.deepEqual(rows, [
    { key: "a", description: null },
    { key: "b", description: "d" },
  ]);
});

test("a rotation that cannot decrypt something changes nothing", async (t) => {
  await using db = await createTestDatabase();
  await storeVariable(db.database, sealVariable(createSecretBox(""), { key: "a", value: "plain" }));
  await storeVariable(db.database, sealVariable(createSecretBox(OLD), { key: "b", value: "2" }));
  await t.throwsAsync(rotateSecrets(db.database, createSecretBox(NEW)), { code: "FERNET_KEY_WRONG" });
  const { rows } = await db.database.query("select value from variable where key = 'a'");
  t.deepEqual(rows, [{ value: "plain" }]);
});
