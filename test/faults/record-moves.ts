import type { Database } from "#core/database/connect.ts";

/**
 * Has the database write down every change of a run's or a task instance's state from now on, whoever makes it, into
 * the table `recorded_move`, in the transaction of the change.
 */
export async function recordMoves(database: Database): Promise<void> {
  await database.query(`
    create table recorded_move (
      seq bigint generated always as identity primary key,
      kind text not null, run text not null, of text not null, from_state text, to_state text
    );
    create function record_run_move() returns trigger language plpgsql as $$
    begin
      insert into recorded_move (kind, run, of, from_state, to_state)
      values ('run', new.dag_id || '/' || new.run_id, new.dag_id || '/' || new.run_id, old.state, new.state);
      return null;
    end $$;
    create function record_task_move() returns trigger language plpgsql as $$
    begin
      insert into recorded_move (kind, run, of, from_state, to_state)
      values ('task', new.dag_id || '/' || new.run_id,
              format('%s/%s %s [%s]', new.dag_id, new.run_id, new.task_id, new.map_index), old.state, new.state);
      return null;
    end $$;
    create trigger record_move after update on dag_run
      for each row when (old.state is distinct from new.state) execute function record_run_move();
    create trigger record_move after update on task_instance
      for each row when (old.state is distinct from new.state) execute function record_task_move();
  `);
}
