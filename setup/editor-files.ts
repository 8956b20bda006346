import { mkdir, readFile, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { AirflowConfig } from "#core/config/options.ts";
import { createFileOnce } from "#core/files.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** What DAG files import this installation as. */
const PACKAGES = ["daisy", "apache-airflow-ts-sdk"];

/**
 * Puts beside the DAG files what an editor needs to know their imports: a `tsconfig.json`, and links to this
 * installation in `$AIRFLOW_HOME/node_modules`. What is there already is kept, and a dags folder elsewhere is left
 * alone: it belongs to a project of its own.
 */
export async function provideEditorFiles({ home, core }: AirflowConfig): Promise<void> {
  const dags = path.join(home, "dags");
  if (path.resolve(core.dags_folder) !== path.resolve(dags)) return;
  const packages = path.join(home, "node_modules");
  await Promise.all([dags, packages].map((folder) => mkdir(folder, { recursive: true })));
  const tsconfig = await readFile(path.join(ROOT, "setup/dags.tsconfig.json"), "utf8");
  await createFileOnce(path.join(dags, "tsconfig.json"), tsconfig);
  await createFileOnce(path.join(home, "package.json"), '{ "private": true, "type": "module" }\n');
  for (const name of PACKAGES) await linkOnce(ROOT, path.join(packages, name));
}

async function linkOnce(target: string, link: string): Promise<void> {
  try {
    await symlink(target, link);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
