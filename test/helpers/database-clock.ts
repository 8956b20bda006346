import type { Database } from "#core/database/connect.ts";

/** A database's clock that can be set. */
export interface DatabaseClock {
  /** Sets it so many hours ahead of the real one. */
  set(hoursAhead: number): Promise<void>;
  /** New connections have the real one again. */
  giveBack(): Promise<void>;
}

/** Has a database's new connections go by a clock that can be set: their `now()` is another one. */
export async function giveClock(database: Database): Promise<DatabaseClock> {
  await database.query(`
    create schema if not exists own_clock;
    create table if not exists own_clock.ahead (by interval not null);
    truncate own_clock.ahead;
    insert into own_clock.ahead values ('0');
    create or replace function own_clock.now() returns timestamptz stable language sql
      as 'select pg_catalog.now() + by from own_clock.ahead';
    do $$ begin
      execute format('alter database %I set search_path = own_clock, public, pg_catalog', current_database());
    end $$`);
  return {
    set: async (hoursAhead) => {
      await database.query("update own_clock.ahead set by = $1 * interval '1 hour'", [hoursAhead]);
    },
    giveBack: async () => {
      await database.query(
        "do $$ begin execute format('alter database %I reset search_path', current_database()); end $$",
      );
    },
  };
}
