// SQL on a DuckDB file; with a connection of type postgres in `connId`, the same runs on a server. What a query
// returns goes on as rows, each an array, and a value can be put into a statement as a parameter.
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Dag, sql, sqlSensor, sqlValueCheck } from "daisy";

const dag = new Dag("example_sql", { description: "A table is made, filled and checked", tags: ["example"] });

// Each run has a file of its own, which its tasks are called with in place of the database that they name.
const database = dag.task("pick_file", async () => join(tmpdir(), `daisy_${randomUUID()}.duckdb`))();
const memory = { database: ":memory:" };

const fill = dag.task(
  "fill",
  sql({
    ...memory,
    splitStatements: true,
    sql: `
      create table trips (company text, fare decimal(9, 2), day date);
      insert into trips values ('Flash Cab', 12.5, '2024-01-31'), ('City Service', 7, '2024-01-31');
    `,
  }),
)({ database });

const filled = dag.task(
  "wait_for_trips",
  sqlSensor({ ...memory, sql: "select count(*) from trips", pokeInterval: 1 }),
)({ database });

const count = dag.task(
  "count",
  sqlValueCheck({ ...memory, sql: "select count(*) from trips", passValue: 2 }),
)({ database });

const fares = dag.task(
  "fares",
  sql({
    ...memory,
    sql: "select company, sum(fare) from trips where day = %(day)s group by company order by company",
    parameters: { day: "2024-01-31" },
  }),
)({ database });

fill.before(filled);
filled.before(count);
count.before(fares);

dag.task("report", async ({ fares }: { fares: readonly (readonly [string, string])[] }) => {
  for (const [company, fare] of fares) console.log(`${company}: ${fare}`);
})({ fares });

dag
  .task("remove", async ({ database }: { database: string }) => rm(database, { force: true }), {
    triggerRule: "all_done",
  })({ database })
  .after(fares);
