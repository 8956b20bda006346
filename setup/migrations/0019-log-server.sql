-- Where a worker's logs can be read over HTTP; null when it serves none.
alter table job add column log_server_port integer;
