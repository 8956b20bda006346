-- The payload of a notification about task instances of one run; without the tasks when they would not fit.
create or replace function run_change(dag_run_id bigint, dag_id text, tasks json) returns text language sql immutable as $$
  select case when octet_length(whole) <= 7900 then whole
         else json_build_object('dagRunId', dag_run_id, 'dagId', dag_id)::text end
    from (select json_build_object('dagRunId', dag_run_id, 'dagId', dag_id, 'tasks', tasks)::text as whole) as change
$$;
