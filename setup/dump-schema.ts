// `node --import tsx setup/dump-schema.ts` writes setup/schema.sql from a freshly migrated database.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import pg from "pg";
import { createLog } from "#core/log.ts";
import { migrate } from "./migrate.ts";
import { startEmbeddedPostgres } from "./services/embedded-postgres.ts";

const SCHEMA_FILE = new URL("./schema.sql", import.meta.url);

/** The complaint that setup/schema.sql is not what the migrations make, or none. */
export async function checkSchema(): Promise<string[]> {
  const [dumped, kept] = await Promise.all([dumpFreshSchema(), readFile(SCHEMA_FILE, "utf8").catch(() => "")]);
  return dumped === kept ? [] : ["setup/schema.sql is stale; run: node --import tsx setup/dump-schema.ts"];
}

async function dumpFreshSchema(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-schema-"));
  const postgres = await startEmbeddedPostgres({
    folder,
    log: createLog("schema", "WARNING"),
    settings: { fsync: "off" },
  });
  try {
    await migrate(postgres.url);
    return await dumpSchema(postgres.url);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The tables of the schema `public` with their columns, constraints and indexes, in a stable order. */
async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = await client.query<{ table: string; columns: string[]; constraints: string[]; indexes: string[] }>(`
      select c.relname as table,
        (select array_agg(format('%I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then ' not null' else '' end,
            case when a.attidentity = 'a' then ' generated always as identity'
              else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end) order by a.attnum)
          from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
        array(select format('constraint %I %s', conname, pg_get_constraintdef(oid)) from pg_constraint
          where conrelid = c.oid and contype <> 'n' order by contype desc, conname) as constraints,
        array(select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = c.oid
          and not exists (select from pg_constraint k where k.conindid = i.indexrelid) order by 1) as indexes
      from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`);
    const statements = tables.rows.map(({ table, columns, constraints, indexes }) =>
      [
        `create table ${table} (\n  ${[...columns, ...constraints].join(",\n  ")}\n);`,
        ...indexes.map((index) => `${index};`),
      ].join("\n"),
    );
    return `-- Written by setup/dump-schema.ts from a freshly migrated database; \`npm run check\` compares it.\n\n${statements.join("\n\n")}\n`;
  } finally {
    await client.end();
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await writeFile(SCHEMA_FILE, await dumpFreshSchema());
}
