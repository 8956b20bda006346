// SQL on a DuckDB file; with a connection of type postgres in `connId`, the same runs on a server. What a query
// returns goes on as rows, each an array, and a value can be put into a statement as a parameter.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bash, Dag, sql, sqlSensor, sqlValueCheck } from "daisy";

const dag = new Dag("example_sql", { description: "A table is made, filled and checked", tags: ["example"] });
// Each run has a file of its own: the name is a template.
const database = join(tmpdir(), "daisy_{{ run_id }}.duckdb");

const fill = dag.task(
  "fill",
  sql({
    database,
    splitStatements: true,
    sql: `
      create or replace table trips (company text, fare decimal(9, 2), day date);
      insert into trips values ('Flash Cab', 12.5, '2024-01-31'), ('City Service', 7, '2024-01-31');
    `,
  }),
)();

const filled = dag.task(
  "wait_for_trips",
  sqlSensor({ database, sql: "select count(*) from trips", pokeInterval: 1 }),
)();

const count = dag.task("count", sqlValueCheck({ database, sql: "select count(*) from trips", passValue: 2 }))();

const fares = dag.task(
  "fares",
  sql({
    database,
    sql: "select company, sum(fare) from trips where day = %(day)s group by company order by company",
    parameters: { day: "2024-01-31" },
  }),
)();

fill.before(filled);
filled.before(count);
count.before(fares);

dag.task("report", async ({ fares }: { fares: readonly (readonly [string, string])[] }) => {
  for (const [company, fare] of fares) console.log(`${company}: ${fare}`);
})({ fares });

const remove = dag.task("remove", bash({ bashCommand: `rm "${database}"` }), { triggerRule: "all_done" })();
remove.after(fares);
