/** Columns of `task_instance` in an update: nothing is waited for any more, and what was is forgotten. */
export const FORGET_WAITING = `due_at = null, waiting_since = null, next_method = null, next_kwargs = null, trigger_kind = null,
         trigger_kwargs = null, trigger_created_at = null, trigger_event = null, trigger_timeout = null,
         triggerer_id = null`;
