import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import { hashBundle, materializeBundle } from "#core/dag-code/materialize.ts";
import { forgetUnneeded } from "#core/database/forget.ts";
import { pruneCodeCache } from "#core/housekeeping/prune-code-cache.ts";
import { createTestDatabase } from "#test/helpers/database.ts";

test("versions without runs, code of no version and processes of long ago are forgotten; what is needed stays", async (t) => {
  await using db = await createTestDatabase();
  const { database } = db;
  await database.query(
    `insert into dag (dag_id, fileloc, relative_fileloc, timetable_summary, is_paused, max_active_tasks, max_active_runs)
     values ('a', '', '', '', false, 1, 1)`,
  );
  await database.query(
    `insert into dag_code (code_hash, source, bundle, created_at)
     select name, '', '', now() - interval '2 days' from unnest(array['with run', 'unused', 'latest', 'of nothing']) name
     union all select 'fresh', '', '', now()`,
  );
  await database.query(
    `insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash, created_at)
     select gen_random_uuid(), 'a', row_number() over (), '', '{}', code_hash, created_at
       from dag_code where code_hash <> 'of nothing'`,
  );
  await database.query("update dag set dag_version_id = (select id from dag_version where code_hash = 'latest')");
  await database.query(
    `insert into dag_run (dag_id, run_id, run_type, state, run_after, triggered_by, dag_version_id)
     select 'a', 'r', 'manual', 'success', now(), 'test', id from dag_version where code_hash = 'with run'`,
  );
  await database.query(
    `insert into job (id, job_type, state, hostname, pid, latest_heartbeat)
     values (gen_random_uuid(), 'WorkerJob', 'success', '', 1, now() - interval '8 days'),
            (gen_random_uuid(), 'WorkerJob', 'running', '', 1, now() - interval '8 days'),
            (gen_random_uuid(), 'WorkerJob', 'success', '', 1, now())`,
  );
  t.deepEqual(await forgetUnneeded(database), { dagVersions: 1, dagCodes: 2, jobs: 2 });
  const { rows } = await database.query("select code_hash from dag_version order by 1");
  t.deepEqual(
    rows.map((row) => row.code_hash),
    ["fresh", "latest", "with run"],
  );
  t.deepEqual(await forgetUnneeded(database), { dagVersions: 0, dagCodes: 0, jobs: 0 });
});

test("code that the database has forgotten goes from the disk, unless it was used today", async (t) => {
  await using db = await createTestDatabase();
  const cache = await mkdtemp(path.join(tmpdir(), "daisy-cache-"));
  const bundles = ["export const kept = 1;", "export const gone = 1;", "export const used = 1;"];
  const [kept, gone, used] = bundles.map(hashBundle) as [string, string, string];
  await db.database.query("insert into dag_code (code_hash, source, bundle) values ($1, '', '')", [kept]);
  for (const bundle of bundles) await materializeBundle(bundle, hashBundle(bundle), cache);
  await writeFile(path.join(cache, `.${gone}-interrupted.mjs`), "");
  const old = new Date(Date.now() - 2 * 86_400_000);
  for (const name of await readdir(cache)) await utimes(path.join(cache, name), old, old);
  await materializeBundle(bundles[2]!, used, cache);
  t.is(await pruneCodeCache(db.database, cache), 2);
  t.deepEqual((await readdir(cache)).sort(), [`${kept}.mjs`, `${used}.mjs`].sort());
  await rm(cache, { recursive: true });
  t.is(await pruneCodeCache(db.database, cache), 0);
});
