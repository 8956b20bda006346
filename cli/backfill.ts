import { setTimeout as sleep } from "node:timers/promises";
import { type BackfillRow, findBackfill } from "#core/database/backfills.ts";
import type { Database, Queryable } from "#core/database/connect.ts";
import { createBackfill, type NewBackfill } from "#core/database/create-backfill.ts";
import { planBackfill } from "#core/database/plan-backfill.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { isoDate } from "#core/run-id.ts";
import type { Console } from "./console.ts";

/** How often a backfill's progress is looked at. */
const LOOK_EVERY_MS = 500;

/** Creates a backfill, and writes down that the command line did. */
export async function createBackfillByCli(db: Database, wish: NewBackfill): Promise<BackfillRow> {
  const backfill = await createBackfill(db, wish);
  await recordEvent(db, { event: "cli_create_backfill", dagId: wish.dagId, extra: { backfill_id: backfill.id } });
  return backfill;
}

/** The logical dates for which a backfill would make a run, in its order. */
export async function datesToAttempt(db: Queryable, wish: NewBackfill): Promise<Date[]> {
  const { runs } = await planBackfill(db, wish);
  return runs.filter(({ refusal }) => refusal === undefined).map(({ run }) => run.logicalDate);
}

/** Waits until a backfill is over, with a line whenever one of its runs has ended, as Airflow 1.10 and 2 do. */
export async function followBackfill(db: Queryable, console: Console, created: BackfillRow): Promise<BackfillRow> {
  let backfill = created;
  for (;;) {
    const now = (await findBackfill(db, created.id)) ?? backfill;
    if (now.ended_runs !== backfill.ended_runs) {
      console.print(`[backfill progress] | finished run ${now.ended_runs} of ${now.runs} | failed: ${now.failed_runs}`);
    }
    backfill = now;
    if (backfill.completed_at !== null) return backfill;
    await sleep(LOOK_EVERY_MS);
  }
}

/** A date as Python prints one. */
export const pythonDate = (date: Date): string => isoDate(date).replace("T", " ");
