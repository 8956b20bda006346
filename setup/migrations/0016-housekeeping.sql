-- Which runs a DAG's version has, so that versions without any can be deleted without reading every run.
create index dag_run_version on dag_run (dag_version_id);
