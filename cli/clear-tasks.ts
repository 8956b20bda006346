import { type ChosenInstance, listTaskIdsOfDag } from "#core/database/by-hand/choose-instances.ts";
import { type ClearChoice, clearInstances } from "#core/database/by-hand/clear-instances.ts";
import type { Database, Queryable } from "#core/database/connect.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import type { Console } from "./console.ts";
import { allDags, requireDag } from "./dag-queries.ts";
import { parseDate } from "./dates.ts";
import { UsageError } from "./parse-arguments.ts";
import { withDags } from "./unread-files.ts";

/** The flags that 1.10's `clear` and the later `tasks clear` share. */
export const CLEAR_FLAGS = {
  task_regex: { short: "-t", help: "The regex to filter specific task_ids (optional)" },
  start_date: { short: "-s", help: "Clear runs from this logical date on" },
  end_date: { short: "-e", help: "Clear runs up to this logical date" },
  upstream: { short: "-u", type: "boolean", help: "Include upstream tasks" },
  downstream: { short: "-d", type: "boolean", help: "Include downstream tasks" },
  only_failed: { short: "-f", type: "boolean", help: "Only failed jobs" },
  only_running: { short: "-r", type: "boolean", help: "Only running jobs" },
  exclude_subdags: { short: "-x", type: "boolean", help: "Do not follow external task markers into other DAGs" },
  run_on_latest_version: { type: "boolean", help: "Run what is cleared by the latest version of the DAG" },
} as const;

/** What a user asks to be cleared. */
export interface ClearWish {
  readonly dagId: string;
  readonly isRegex: boolean;
  readonly flags: {
    readonly [K in keyof typeof CLEAR_FLAGS]: (typeof CLEAR_FLAGS)[K] extends { readonly type: "boolean" }
      ? boolean
      : string | undefined;
  };
  readonly askFirst: boolean;
}

/** How one of Airflow's generations words it. */
export interface ClearWords {
  readonly question: string;
  readonly refused: string;
  name(instance: ChosenInstance): string;
}

/** Clears task instances of one or several DAGs, when the user agrees to the list of them. */
export async function clearIfAgreed(console: Console, wish: ClearWish, words: ClearWords): Promise<void> {
  await withDags(console, async (db) => {
    const choices = await readChoices(db, wish);
    const instances: ChosenInstance[] = [];
    for (const choice of choices) instances.push(...(await clearInstances(db, choice, { dryRun: true })));
    if (instances.length === 0) {
      console.print("Nothing to clear.");
      return;
    }
    if (wish.askFirst) {
      const list = instances.map((instance) => words.name(instance)).join("\n");
      const question = `You are about to delete these ${instances.length} tasks:\n${list}\n\n${words.question}`;
      if (!(await console.confirm(question))) {
        console.print(words.refused);
        return;
      }
    }
    for (const choice of choices) await clear(db, choice, wish);
  });
}

async function clear(db: Database, choice: ClearChoice, { flags }: ClearWish): Promise<void> {
  await clearInstances(db, choice, { runOnLatestVersion: flags.run_on_latest_version });
  await recordEvent(db, { event: "cli_task_clear", dagId: choice.dagId, extra: flags });
}

async function readChoices(db: Queryable, { dagId, isRegex, flags }: ClearWish): Promise<ClearChoice[]> {
  const dagIds = isRegex ? await matchingDags(db, dagId) : [(await requireDag(db, dagId)).dag_id];
  const dates = { from: readDate(flags.start_date), to: readDate(flags.end_date) };
  const pattern = flags.task_regex === undefined ? undefined : readRegex(flags.task_regex, "-t/--task-regex");
  return Promise.all(
    dagIds.map(async (id) => ({
      dagId: id,
      runs: dates,
      tasks: pattern && (await listTaskIdsOfDag(db, id)).filter((taskId) => pattern.test(taskId)),
      upstream: flags.upstream,
      downstream: flags.downstream,
      onlyFailed: flags.only_failed,
      onlyRunning: flags.only_running,
      recursive: !flags.exclude_subdags,
    })),
  );
}

async function matchingDags(db: Queryable, regex: string): Promise<string[]> {
  const pattern = readRegex(regex, "-dx/--dag-regex");
  const dagIds = (await allDags(db)).map((dag) => dag.dag_id).filter((dagId) => pattern.test(dagId));
  if (dagIds.length === 0) throw new DaisyError("DAG_REGEX_NOT_FOUND", regex);
  return dagIds;
}

function readRegex(text: string, flag: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`argument ${flag}: ${(error as Error).message}`);
  }
}

const readDate = (text: string | undefined) => (text === undefined ? undefined : parseDate(text));
