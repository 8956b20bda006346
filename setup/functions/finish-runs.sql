-- Ends running runs, and returns those that this call ended. Success and failure need every task instance
-- to have ended; a run that is stuck fails whatever is left.
--
-- Two statements, because the second then sees what was committed while the first waited for a run: a user who clears
-- task instances locks their runs first, so a run is ended either before that, and queued again, or not at all.
create or replace function finish_runs(ids bigint[], states text[], stuck boolean[])
  returns table (id bigint, dag_id text, dag_version_id uuid) language plpgsql volatile as $$
#variable_conflict use_column
begin
  perform from dag_run r where r.id = any (ids) and r.state = 'running' order by r.id for update;
  return query
    with ended as (
      update dag_run r set state = e.state, end_date = now()
        from unnest(ids, states, stuck) as e (id, state, stuck)
       where r.id = e.id and r.state = 'running'
         and (e.stuck or not exists (
               select 1 from task_instance ti
                where ti.dag_run_id = r.id
                  and (ti.state is null
                       or ti.state not in ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))))
      returning r.id, r.dag_id, r.dag_version_id
    ), told as (
      select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from ended
    )
    select ended.id, ended.dag_id, ended.dag_version_id from ended, told;
end
$$;
