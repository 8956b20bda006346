-- Which values are Fernet tokens, and which are kept as they were written before, or without a [core] fernet_key.

alter table variable add column is_encrypted boolean not null default false;
-- Of the password; the extra's has a column of its own, as in Airflow.
alter table connection add column is_encrypted boolean not null default false;
alter table connection add column is_extra_encrypted boolean not null default false;
