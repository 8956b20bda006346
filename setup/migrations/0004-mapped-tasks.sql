-- Mapped tasks: the rows of a task that is expanded.

-- What a mapped task's instance is called, after its map_index_template.
alter table task_instance add column rendered_map_index text;
