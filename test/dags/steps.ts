import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The path of a file in dags/. */
export function dagFile(name: string): string {
  return fileURLToPath(new URL(`../../dags/${name}`, import.meta.url));
}

/** A workshop file as it is once the participant has uncommented all steps up to this one, as sed does it by line. */
export async function atStep(name: string, step: number): Promise<string> {
  const lines = (await readFile(dagFile(name), "utf8")).split("\n");
  return lines.map((line) => uncomment(line, step)).join("\n");
}

// The workshop's sed line, for each N up to the step: s#^\(\s*\)// \(.*// Step N\)#\1\2#
function uncomment(line: string, step: number): string {
  const match = /^(\s*)\/\/ (.*\/\/ Step (\d))$/.exec(line);
  return match !== null && Number(match[3]) <= step ? `${match[1]}${match[2]}` : line;
}
