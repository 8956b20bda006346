-- params-and-templates

-- What the template fields of a task instance became in its latest try, with secrets masked.
create table rendered_task_instance_fields (
  dag_run_id bigint not null references dag_run on delete cascade,
  task_id text not null,
  map_index integer not null default -1,
  rendered_fields json not null,
  primary key (dag_run_id, task_id, map_index)
);
