-- DAG files: which file has a DAG id since when, warnings, and versions that only differ in their lines.

-- When the DAG's file got it: of files that come at the same time, the first by path has it.
alter table dag add column file_claimed_at timestamptz not null default now();
-- The pools that its tasks name.
alter table dag add column pools text[] not null default '{}';

-- The hash of what the bundle does: without its source map. Null in rows of earlier times: not known.
alter table dag_code add column logic_hash text;

-- What does not keep a DAG from running, but should be looked at. Airflow's table.
create table dag_warning (
  dag_id text not null references dag on delete cascade,
  warning_type text not null,
  message text not null,
  timestamp timestamptz not null default now(),
  primary key (dag_id, warning_type)
);

-- The warnings of the DAGs that a file holds. Those about pools are found when they are asked for: a pool may come and
-- go while no file is parsed.
create view dag_warnings as
  select dag.dag_id, dag.dag_display_name, w.warning_type, w.message, w.timestamp
    from dag_warning w join dag on dag.dag_id = w.dag_id and not dag.is_stale
  union all
  select dag.dag_id, dag.dag_display_name, 'non-existent pool',
         format('Dag ''%s'' references non-existent pools: [%s]', dag.dag_id, missing.names),
         coalesce(dag.last_parsed_time, now())
    from dag
    cross join lateral (
      select string_agg(format('''%s''', name), ', ' order by name) as names
        from unnest(dag.pools) as name where not exists (select from pool where pool.pool = name)
    ) missing
   where not dag.is_stale and missing.names is not null;
