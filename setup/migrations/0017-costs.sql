-- What decisions cost.

-- Connections that decide plan their statements once, whatever they are asked for (`core/database/keyed-lookups.ts`). Here
-- it makes a difference: queued runs of some DAGs are found by the DAGs, those of all DAGs by their state.
alter function start_queued_runs(text[]) set plan_cache_mode = auto;
