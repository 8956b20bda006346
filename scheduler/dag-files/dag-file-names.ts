const DAG_FILE = /(?<!\.d)\.m?[jt]s$/;
const SKIPPED_DIRECTORIES = new Set(["node_modules", "__pycache__"]);

/** Whether a path below a dags folder, or in an archive, is one that a DAG file may have. */
export function mayBeDagFile(path: string): boolean {
  return DAG_FILE.test(path) && !path.split("/").some(isPassedOver);
}

/** Whether nothing of this name is looked at, be it a file or a directory. */
export function isPassedOver(name: string): boolean {
  return name.startsWith(".") || SKIPPED_DIRECTORIES.has(name);
}
