import { randomBytes } from "node:crypto";
import pg from "pg";
import { connect, type Database } from "#core/database/connect.ts";

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
}

/** A migrated database of the test's own, cloned from a template and dropped when disposed of. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = serviceUrl("DAISY_TEST_DATABASE_URL");
  const name = `test_${randomBytes(8).toString("hex")}`;
  const templateName = template.pathname.slice(1);
  await administer(template, `create database ${name} template ${templateName}`);
  const url = new URL(template);
  url.pathname = `/${name}`;
  const database = connect(url.href, { applicationName: "daisy-test" });
  return {
    url: url.href,
    database,
    async [Symbol.asyncDispose]() {
      await database.end();
      await administer(template, `drop database if exists ${name} with (force)`);
    },
  };
}

async function administer(template: URL, sql: string): Promise<void> {
  const url = new URL(template);
  url.pathname = "/postgres";
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    // Cloning needs a template without connections; one clone at a time keeps others from standing in the way.
    await client.query("select pg_advisory_lock(1)");
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The URL of a service that `npm test` started. */
export function serviceUrl(variable: "DAISY_TEST_DATABASE_URL" | "DAISY_TEST_REDIS_URL"): URL {
  const url = process.env[variable];
  if (url === undefined)
    throw new Error(`${variable} is not set; run the tests with npm test, which starts the services`);
  return new URL(url);
}
