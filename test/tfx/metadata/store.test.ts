import { randomBytes } from "node:crypto";
import test from "ava";
import {
  getArtifacts,
  getArtifactsById,
  getArtifactsByType,
  getArtifactsByUri,
  putArtifacts,
} from "#tfx/metadata/artifacts.ts";
import { resolveMetadataConnection } from "#tfx/metadata/connection-config.ts";
import {
  getContextByTypeAndName,
  getContextsByExecution,
  getContextsByType,
  putAssociations,
  putContext,
} from "#tfx/metadata/contexts.ts";
import { getEventsByArtifactIds, getEventsByExecutionIds, putEvents } from "#tfx/metadata/events.ts";
import { getExecutionsByType, moveExecution, putExecution } from "#tfx/metadata/executions.ts";
import { getLineage } from "#tfx/metadata/lineage.ts";
import { putArtifactType, putExecutionType } from "#tfx/metadata/put-type.ts";
import { EventType, ExecutionState } from "#tfx/metadata/records.ts";
import { openMetadataStore, type Transaction } from "#tfx/metadata/store.ts";
import { type Artifact, ArtifactState, newArtifact } from "#tfx/types/artifact.ts";
import { ExampleStatistics, Examples, Model } from "#tfx/types/artifact-type.ts";
import { createTestDatabase } from "../../helpers/database.ts";
import { createTestStore } from "../helpers/metadata.ts";

test("twenty processes that open a store at once create it once", async (t) => {
  await using database = await createTestDatabase();
  const stores = await Promise.all(Array.from({ length: 20 }, () => openMetadataStore({ url: database.url })));
  const { rows } = await stores[0]!.db.query("SELECT schema_version FROM MLMDEnv");
  const types = await stores[0]!.db.query("SELECT name FROM Type ORDER BY id");
  t.deepEqual(rows, [{ schema_version: 10 }]);
  t.deepEqual(
    types.rows.map((row) => row.name),
    ["Dataset", "Model", "Metrics", "Statistics", "Train", "Transform", "Process", "Evaluate", "Deploy"].map(
      (name) => `mlmd.${name}`,
    ),
  );
  await Promise.all(stores.map((store) => store.close()));
});

// The library tests for a table by counting its columns, and finds constraints by these names.
test("the tables, columns, constraints and indices are those of ML Metadata's schema version 10", async (t) => {
  await using fixture = await createTestStore();
  const { db } = fixture.store;
  const columns = await db.query(
    "SELECT table_name, count(*)::int AS count FROM information_schema.columns WHERE table_schema = 'mlmd' GROUP BY 1 ORDER BY 1",
  );
  t.deepEqual(Object.fromEntries(columns.rows.map((row) => [row.table_name, row.count])), {
    artifact: 8,
    artifactproperty: 9,
    association: 3,
    attribution: 3,
    context: 6,
    contextproperty: 9,
    event: 5,
    eventpath: 4,
    execution: 7,
    executionproperty: 9,
    mlmdenv: 1,
    parentcontext: 2,
    parenttype: 2,
    type: 8,
    typeproperty: 3,
  });
  const constraints = await db.query(
    "SELECT conname FROM pg_constraint WHERE connamespace = 'mlmd'::regnamespace AND contype = 'u' ORDER BY 1",
  );
  t.deepEqual(
    constraints.rows.map((row) => row.conname),
    [
      "artifact_external_id_key",
      "association_context_id_execution_id_key",
      "attribution_context_id_artifact_id_key",
      "context_external_id_key",
      "context_type_id_name_key",
      "execution_external_id_key",
      "type_external_id_key",
      "uniqueartifacttypename",
      "uniqueevent",
      "uniqueexecutiontypename",
    ],
  );
  const indices = await db.query(
    "SELECT count(*)::int AS n FROM pg_indexes WHERE schemaname = 'mlmd' AND indexname LIKE 'idx_%'",
  );
  t.is(indices.rows[0].n, 24);
});

test("a role that may not create anything can open a complete store", async (t) => {
  await using fixture = await createTestStore();
  const role = `reader_${process.pid}`;
  await fixture.store.db.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  await fixture.store.db.query(`GRANT USAGE ON SCHEMA mlmd TO ${role}`);
  await fixture.store.db.query(`GRANT SELECT ON ALL TABLES IN SCHEMA mlmd TO ${role}`);
  const url = new URL(fixture.url);
  url.username = role;
  url.password = "secret";
  try {
    const store = await openMetadataStore({ url: url.href }, { giveUpAfter: 0 });
    t.deepEqual(await getArtifacts(store.db), []);
    await store.close();
  } finally {
    await fixture.store.db.query(`DROP OWNED BY ${role}`);
    await fixture.store.db.query(`DROP ROLE ${role}`);
  }
});

test("a store of another schema version is refused", async (t) => {
  await using fixture = await createTestStore();
  await fixture.store.db.query("UPDATE MLMDEnv SET schema_version = 11");
  await t.throwsAsync(openMetadataStore({ url: fixture.url }), {
    message: 'The ML Metadata store in schema "mlmd" has version 11; expected 10',
  });
});

test("several stores can live in one database, each in its schema", async (t) => {
  await using fixture = await createTestStore();
  const other = await openMetadataStore({ url: fixture.url, schema: "other" });
  await fixture.store.transaction((transaction) => putArtifacts(transaction, [examples("/a")], ArtifactState.LIVE));
  t.is((await getArtifacts(fixture.store.db)).length, 1);
  t.is((await getArtifacts(other.db)).length, 0);
  await other.close();
  await other.close();
});

test("an artifact comes back with its type, properties and state", async (t) => {
  await using fixture = await createTestStore();
  const { db } = fixture.store;
  const artifact = examples("/root/CsvExampleGen/examples/1");
  artifact.properties = { span: 0, split_names: '["train", "eval"]', not_declared: "x" };
  artifact.customProperties = { ratio: 0.1, large: 2 ** 40, yes: true, negative: -3, input_fingerprint: "a\nb" };
  const [id] = await fixture.store.transaction((transaction) =>
    putArtifacts(transaction, [artifact], ArtifactState.LIVE),
  );
  const [stored] = await getArtifactsByType(db, "Examples");
  t.is(stored!.id, id!);
  t.is(stored!.uri, artifact.uri);
  t.is(stored!.state, ArtifactState.LIVE);
  t.deepEqual(stored!.properties, { span: 0, split_names: '["train", "eval"]' });
  t.deepEqual(stored!.customProperties, { ...artifact.customProperties, not_declared: "x" });
  t.true(Math.abs(stored!.createTime - Date.now()) < 60_000);
  t.deepEqual(await getArtifactsByUri(db, artifact.uri), [stored!]);
  t.deepEqual(await getArtifactsById(db, [id!, 99]), [stored!]);
  const base = await db.query(
    "SELECT p.name FROM Type t JOIN ParentType k ON k.type_id = t.id JOIN Type p ON p.id = k.parent_type_id WHERE t.name = 'Examples'",
  );
  t.deepEqual(base.rows, [{ name: "mlmd.Dataset" }]);
});

test("a property too long for ML Metadata's index is named, and one that compresses is kept", async (t) => {
  await using fixture = await createTestStore();
  const put = (text: string) => {
    const artifact = examples("/a");
    artifact.customProperties = { short: "x", long: text };
    return fixture.store.transaction((transaction) => putArtifacts(transaction, [artifact], ArtifactState.LIVE));
  };
  await put("abc".repeat(20_000));
  await t.throwsAsync(put(randomBytes(9_000).toString("base64")), {
    message: "ML Metadata cannot hold the property long: its 12000 characters are too long for an index",
  });
});

test("a type is registered once however many ask, and grows by new properties", async (t) => {
  await using fixture = await createTestStore();
  const register = () => fixture.store.transaction((transaction) => putArtifactType(transaction, Examples));
  const ids = await Promise.all(Array.from({ length: 10 }, register));
  t.is(new Set(ids).size, 1);
  const put = (properties: Record<string, "STRING" | "INT">) =>
    fixture.store.transaction((transaction) => putExecutionType(transaction, { name: "T", properties }));
  const first = await put({ a: "STRING" });
  t.is(await put({ b: "STRING" }), first);
  await t.throwsAsync(put({ a: "INT" }), {
    message: /Type T declares the property a as INT, but ML Metadata holds it/,
  });
});

test("a context is there once however many ask", async (t) => {
  await using fixture = await createTestStore();
  const put = () =>
    fixture.store.transaction((transaction) =>
      putContext(transaction, { type: "pipeline", name: "taxi", properties: { pipeline_name: "taxi" } }),
    );
  const ids = await Promise.all(Array.from({ length: 10 }, put));
  t.is(new Set(ids).size, 1);
  const context = await getContextByTypeAndName(fixture.store.db, "pipeline", "taxi");
  t.deepEqual(context?.properties, { pipeline_name: "taxi" });
  t.deepEqual(await getContextsByType(fixture.store.db, "pipeline"), [context!]);
  t.is(await getContextByTypeAndName(fixture.store.db, "pipeline", "other"), undefined);
});

test("an execution moves only from the state it is in", async (t) => {
  await using fixture = await createTestStore();
  const outcome = await fixture.store.transaction(async (transaction) => {
    const id = await putExecution(transaction, { type: "T", state: ExecutionState.RUNNING, properties: { a: "1" } });
    const context = await putContext(transaction, { type: "run", name: "r", properties: {} });
    await putAssociations(transaction, id, [context]);
    await putAssociations(transaction, id, [context]);
    return {
      id,
      first: await moveExecution(transaction, id, ExecutionState.RUNNING, ExecutionState.COMPLETE),
      second: await moveExecution(transaction, id, ExecutionState.RUNNING, ExecutionState.FAILED),
    };
  });
  t.true(outcome.first);
  t.false(outcome.second);
  const [execution] = await getExecutionsByType(fixture.store.db, "T");
  t.is(execution!.state, ExecutionState.COMPLETE);
  t.deepEqual(execution!.properties, { a: "1" });
  t.deepEqual(
    (await getContextsByExecution(fixture.store.db, outcome.id)).map((context) => context.name),
    ["r"],
  );
});

test("a transaction that throws leaves nothing", async (t) => {
  await using fixture = await createTestStore();
  const failing = fixture.store.transaction(async (transaction) => {
    await putArtifacts(transaction, [examples("/a")], ArtifactState.LIVE);
    throw new Error("no");
  });
  await t.throwsAsync(failing, { message: "no" });
  t.deepEqual(await getArtifacts(fixture.store.db), []);
});

test("a connection that is cut is opened again, for statements and for transactions", async (t) => {
  await using fixture = await createTestStore();
  const patient = await openMetadataStore({ url: fixture.url }, { giveUpAfter: 10_000, pause: 1 });
  const cut = () =>
    fixture.store.db.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
  await cut();
  t.deepEqual(await getArtifacts(patient.db), []);
  let tries = 0;
  await patient.transaction(async (transaction) => {
    tries += 1;
    if (tries === 1) await cut();
    await putArtifacts(transaction, [examples("/a")], ArtifactState.LIVE);
  });
  t.is(tries, 2);
  t.is((await getArtifacts(patient.db)).length, 1);
  await patient.close();
});

test("lineage walks from a model to what it was made of, and from examples to what was made of them", async (t) => {
  await using fixture = await createTestStore();
  const { db } = fixture.store;
  const ids = await fixture.store.transaction(async (transaction) => {
    const [raw, statistics, model] = await putArtifacts(
      transaction,
      [examples("/e"), newArtifact(ExampleStatistics, "/s"), newArtifact(Model, "/m")],
      ArtifactState.LIVE,
    );
    const made = await execution(transaction, "Gen", {}, { examples: [raw!] });
    await execution(transaction, "Stats", { examples: [raw!] }, { statistics: [statistics!] });
    const trained = await execution(transaction, "Trainer", { examples: [raw!] }, { model: [model!] });
    await execution(transaction, "Pusher", { model: [model!] }, {});
    return { raw: raw!, statistics: statistics!, model: model!, made, trained };
  });
  const up = await getLineage(db, ids.model);
  t.deepEqual(
    up.artifacts.map((artifact) => artifact.id),
    [ids.raw, ids.model],
  );
  t.deepEqual(
    up.executions.map((found) => found.type),
    ["Gen", "Trainer"],
  );
  t.is(up.events.length, 3);
  const down = await getLineage(db, ids.raw, { direction: "downstream" });
  t.deepEqual(
    down.artifacts.map((artifact) => artifact.id),
    [ids.raw, ids.statistics, ids.model],
  );
  t.deepEqual(
    down.executions.map((found) => found.type),
    ["Stats", "Trainer", "Pusher"],
  );
  const near = await getLineage(db, ids.model, { maxSteps: 1 });
  t.deepEqual(
    near.executions.map((found) => found.type),
    ["Trainer"],
  );
  const events = await getEventsByArtifactIds(db, [ids.model]);
  t.deepEqual(
    events.map(({ type, key, index }) => ({ type, key, index })),
    [
      { type: EventType.OUTPUT, key: "model", index: 0 },
      { type: EventType.INPUT, key: "model", index: 0 },
    ],
  );
  t.is((await getEventsByExecutionIds(db, [ids.trained])).length, 2);
});

test("the connection comes from the config, then from DAISY_METADATA_URL, and is missed by name", (t) => {
  t.deepEqual(resolveMetadataConnection({ url: "postgresql://a" }, { DAISY_METADATA_URL: "postgresql://b" }), {
    url: "postgresql://a",
    schema: "mlmd",
  });
  t.is(resolveMetadataConnection({ schema: "mine" }, { DAISY_METADATA_URL: "postgresql://b" }).url, "postgresql://b");
  t.throws(() => resolveMetadataConnection({}, {}), { message: /environment variable DAISY_METADATA_URL/ });
  t.throws(() => resolveMetadataConnection({ url: "postgresql://a", schema: 'x"; drop' }, {}), {
    message: /must be lower-case letters, digits and underscores/,
  });
});

function examples(uri: string): Artifact {
  return newArtifact(Examples, uri);
}

async function execution(
  transaction: Transaction,
  type: string,
  inputs: Record<string, number[]>,
  outputs: Record<string, number[]>,
): Promise<number> {
  const id = await putExecution(transaction, { type, state: ExecutionState.COMPLETE, properties: {} });
  await putEvents(transaction, id, EventType.INPUT, inputs);
  await putEvents(transaction, id, EventType.OUTPUT, outputs);
  return id;
}
