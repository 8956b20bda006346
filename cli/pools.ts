import { transaction } from "#core/database/connect.ts";
import { DEFAULT_POOL, deletePool, findPool, listAllPools, type Pool, storePool } from "#core/database/pools.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { Console } from "./console.ts";
import { exchangeJson, parseExchange, readExchangeFile, writeExchangeFile } from "./exchange-file.ts";
import { withDatabase } from "./services.ts";

const MOST_SLOTS = 2 ** 31 - 1;

/** Every pool, by name. */
export const allPools = (): Promise<Pool[]> => withDatabase((db) => listAllPools(db));

/** A pool by its name; POOL_NOT_FOUND when there is none. */
export async function requirePool(name: string): Promise<Pool> {
  const pool = await withDatabase((db) => findPool(db, name));
  if (pool === undefined) throw new DaisyError("POOL_NOT_FOUND", name);
  return pool;
}

/** Checks what a user wrote for a pool. */
export function readPool(name: string, slots: unknown, description: unknown, includeDeferred: unknown = false): Pool {
  if (name.trim() === "") throw new DaisyError("POOL_INVALID", "Pool name shouldn't be empty");
  const number = typeof slots === "string" && /^[+-]?\d+$/.test(slots.trim()) ? Number(slots) : slots;
  if (typeof number !== "number" || !Number.isInteger(number) || number < -1 || number > MOST_SLOTS) {
    throw new DaisyError("POOL_INVALID", `Bad value for \`slots\`: ${String(slots)}`);
  }
  return {
    name,
    slots: number,
    description: typeof description === "string" ? description : null,
    include_deferred: includeDeferred === true,
  };
}

/** Stores a pool in place of an earlier one. */
export async function setPool(pool: Pool): Promise<void> {
  await withDatabase(async (db) => {
    await storePool(db, pool);
    await recordEvent(db, { event: "cli_pools_set", extra: pool });
  });
}

/** Deletes a pool and returns what it was. */
export async function removePool(name: string): Promise<Pool> {
  if (name === DEFAULT_POOL) throw new DaisyError("POOL_INVALID", `${DEFAULT_POOL} cannot be deleted`);
  const pool = await requirePool(name);
  await withDatabase(async (db) => {
    await deletePool(db, name);
    await recordEvent(db, { event: "cli_pools_delete", extra: { name } });
  });
  return pool;
}

/** Stores the pools of a JSON file, `{"name": {"slots": 1, "description": "", "include_deferred": false}}`, all or none. */
export async function importPools(file: string, missing: string): Promise<Pool[]> {
  const text = await readExchangeFile(file, missing);
  const entries = Object.entries(parseExchange(file, text, "Invalid json file."));
  const pools = entries.map(([name, fields]) => {
    if (!isPlainObject(fields)) throw new DaisyError("POOL_INVALID", `Failed to update pool(s): ${name}`);
    return readPool(name, fields.slots, fields.description, fields.include_deferred);
  });
  await withDatabase((db) =>
    transaction(db, async (tx) => {
      for (const pool of pools) await storePool(tx, pool);
      await recordEvent(tx, { event: "cli_pools_import", extra: { file, pools: pools.map(({ name }) => name) } });
    }),
  );
  return pools;
}

/** Writes every pool to a JSON file; `done` makes the message out of their number. */
export async function exportPools(console: Console, file: string, done: (count: number) => string): Promise<Pool[]> {
  const pools = await allPools();
  const entries = pools.map(({ name, ...fields }) => [name, fields] as const);
  await writeExchangeFile(console, file, exchangeJson(Object.fromEntries(entries)), done(pools.length));
  return pools;
}

/** A pool as the group's commands list it. */
export const poolCells = ({ name, slots, description, include_deferred }: Pool) => ({
  pool: name,
  slots,
  description,
  include_deferred,
});
