-- Has a connection plan its statements anew whenever the table has grown to twice the size that it planned them for: it
-- keeps plans for a long time, and those of an almost empty table would read a full one from end to end.
create or replace function plan_for_size() returns void language plpgsql volatile as $$
declare
  size bigint := pg_relation_size('task_instance');
begin
  if size > 2 * coalesce(nullif(current_setting('daisy.planned_for_size', true), '')::bigint, 0) then
    discard plans;
    perform set_config('daisy.planned_for_size', size::text, false);
  end if;
end
$$;
