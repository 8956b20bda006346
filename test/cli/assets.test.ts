import test from "ava";
import { Asset } from "#sdk/index.ts";
import { storeDag } from "#test/core/database/dag-fixture.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { makeHome, runAirflow } from "./helpers/run-airflow.ts";

const CASES: readonly (readonly [command: string, code: number, out: RegExp])[] = [
  ["assets list -o plain", 0, /^name {4}uri {15}group {2}extra\norders {2}s3:\/\/shop\/orders {2}asset {2}\{\}\n$/],
  ["datasets list --alias", 0, /^No data found\n$/],
  ["assets details --name orders", 0, /producing_tasks {2}\| load\.load\n/],
  ["assets details --name orders --uri nope", 1, /^Asset with name orders and URI nope does not exist\.\n$/],
  ["assets details", 1, /^Either --name or --uri is required\n$/],
  ["assets details --alias --name nope", 1, /^Asset alias with name nope does not exist\.\n$/],
  ["assets materialize --uri s3://shop/orders -o json", 0, /"dag_id":"load".*"run_type":"asset_materialization"/],
  ["assets materialize --name nope", 1, /^Asset with name nope does not exist\.\n$/],
];

test("assets are listed, shown and materialized", async (t) => {
  t.timeout(120_000);
  await using db = await createTestDatabase();
  await using folder = await makeHome();
  const orders = new Asset({ name: "orders", uri: "s3://shop/orders" });
  await storeDag(db.database, "load", (dag) => dag.task("load", async () => 1, { outlets: orders })());
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: db.url };
  for (const [command, code, out] of CASES) {
    const outcome = await runAirflow(command.split(" "), env);
    t.is(outcome.code, code, `${command}: ${outcome.stderr}`);
    t.regex(code === 0 ? outcome.stdout : outcome.stderr, out, command);
  }
});
