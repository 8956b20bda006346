-- Those of the tasks directly after a deciding task that it decided against (Airflow's NotPreviouslySkippedDep).
-- `decision` is what it left as XCom: { "skipped": [ids] }, or { "followed": [ids] }, which decides against all others.
create or replace function decided_against(decision json, version_id uuid, deciding_task text)
returns setof text language sql stable as $$
  select after.task_id
    from dag_version v,
         jsonb_array_elements(v.serialized -> 'dag' -> 'tasks') as task,
         jsonb_array_elements_text(task -> '__var' -> 'downstream_task_ids') as after (task_id)
   where v.id = version_id and task -> '__var' ->> 'task_id' = deciding_task
     and case when decision::jsonb ? 'followed' then not decision::jsonb -> 'followed' ? after.task_id
              else decision::jsonb -> 'skipped' ? after.task_id end
$$;
