import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Queryable } from "../database/connect.ts";
import { findKnownCode } from "../database/known-code.ts";
import { Refusals } from "./refusals.ts";

/** A file that was written or used within this time may be of a parse that is under way. */
const KEPT_MS = 24 * 60 * 60 * 1_000;
const AT_ONCE = 1_000;

/**
 * Deletes the code of DAGs that the database has forgotten, and what interrupted writes left, from a cache folder.
 * @param refusals takes what cannot be read or deleted, and is passed over
 */
export async function pruneCodeCache(
  db: Queryable,
  cacheDir: string,
  now = Date.now(),
  refusals = new Refusals(),
): Promise<number> {
  const names = await readdir(cacheDir).catch(refusals.instead<string[]>([]));
  let deleted = 0;
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE).filter((name) => name.endsWith(".mjs"));
    const known = await findKnownCode(
      db,
      some.map((name) => name.slice(0, -".mjs".length)),
    );
    for (const name of some.filter((each) => !known.has(each.slice(0, -".mjs".length)))) {
      const file = join(cacheDir, name);
      const used = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      );
      if (now - used < KEPT_MS) continue;
      deleted += await rm(file, { force: true }).then(() => 1, refusals.instead(0));
    }
  }
  return deleted;
}
