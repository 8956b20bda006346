import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const CONSOLE = fileURLToPath(new URL("../webserver/console/", import.meta.url));
const PROTOCOL = fileURLToPath(new URL("../webserver/protocol.ts", import.meta.url));
const STAMP = path.join(CONSOLE, "dist", ".source-hash");

/** Builds the web console when it is missing or older than its sources. */
export async function buildConsole(): Promise<void> {
  const hash = await sourceHash();
  if (existsSync(STAMP) && (await readFile(STAMP, "utf8")) === hash) return;
  console.log("Building the console");
  const { build } = await import("vite");
  await build({ root: CONSOLE, configFile: path.join(CONSOLE, "vite.config.ts"), logLevel: "warn" });
  await writeFile(STAMP, hash);
}

async function sourceHash(): Promise<string> {
  const entries = await readdir(CONSOLE, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(path.join(CONSOLE, "dist")) && !/node_modules|\.tsbuildinfo$/.test(file));
  const hash = createHash("sha256");
  for (const file of [...files, PROTOCOL].sort())
    hash.update(path.relative(CONSOLE, file)).update(await readFile(file));
  return hash.digest("hex");
}
