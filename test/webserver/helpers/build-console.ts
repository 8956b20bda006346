import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const CONSOLE = fileURLToPath(new URL("../../../webserver/console/", import.meta.url));

/** Builds the console unless it is built and nothing changed since. */
export async function buildConsole(): Promise<void> {
  const built = await modified(join(CONSOLE, "dist/index.html")).catch(() => 0);
  const sources = await readdir(join(CONSOLE, "src"), { recursive: true });
  const changed = await Promise.all([
    ...sources.map((name) => modified(join(CONSOLE, "src", name))),
    modified(join(CONSOLE, "index.html")),
    modified(join(CONSOLE, "../protocol.ts")),
  ]);
  if (Math.max(...changed) > built) await build({ root: CONSOLE, logLevel: "warn" });
}

async function modified(file: string): Promise<number> {
  return (await stat(file)).mtimeMs;
}
