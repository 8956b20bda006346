import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, extname } from "node:path";
import { isPlainObject } from "#sdk/json.ts";
import { DaisyError } from "../../errors.ts";
import { loadYaml } from "../../templates/yaml.ts";
import type { SecretsBackend } from "./backend.ts";

/** Files of names and secrets; those left out hold none. */
export interface SecretFiles {
  readonly variables: string | undefined;
  readonly connections: string | undefined;
  /** What options' `_SECRET` names. */
  readonly options: string | undefined;
}

/**
 * Secrets in local files, as Airflow's `LocalFilesystemBackend`: `.json` or `.yaml` (an object of secrets by their names;
 * one that is an object itself is kept as JSON), or `.env` (`NAME=secret` lines). They are read at each question, so a
 * changed file counts at once.
 */
export function fileBackend(files: SecretFiles): SecretsBackend {
  return {
    variable: (key) => lookUp(files.variables, key),
    connection: (connId) => lookUp(files.connections, connId),
    option: (name) =>
      files.options === undefined ? null : find(files.options, readText(files.options, readFileSync), name),
  };
}

async function lookUp(file: string | undefined, name: string): Promise<string | null> {
  if (file === undefined) return null;
  const text = await readFile(file, "utf8").catch((error: Error) => unreadable(file, error));
  return find(file, text, name);
}

function readText(file: string, read: typeof readFileSync): string {
  try {
    return read(file, "utf8");
  } catch (error) {
    return unreadable(file, error as Error);
  }
}

function unreadable(file: string, error: Error): never {
  throw new DaisyError("SECRETS_BACKEND_FAILED", `${file} cannot be read: ${error.message}`);
}

function find(file: string, text: string, name: string): string | null {
  const read = READERS[extname(file).toLowerCase()] ?? READERS[basename(file)];
  if (read === undefined) {
    const problem = `${file} has an unsupported format; the extension has to be .env, .json, .yaml or .yml`;
    throw new DaisyError("SECRETS_BACKEND_FAILED", problem);
  }
  return read(file, text).get(name) ?? null;
}

const READERS: Readonly<Record<string, (file: string, text: string) => Map<string, string>>> = {
  ".env": readEnv,
  ".json": (file, text) => readObject(file, "JSON", () => JSON.parse(text)),
  ".yaml": (file, text) => readObject(file, "YAML", () => loadYaml(text)),
  ".yml": (file, text) => readObject(file, "YAML", () => loadYaml(text)),
};

/** No complaint shows what the file holds. */
function readObject(file: string, language: string, parse: () => unknown): Map<string, string> {
  let parsed: unknown;
  try {
    parsed = parse();
  } catch {
    // As for what is no object.
  }
  if (!isPlainObject(parsed)) throw new DaisyError("SECRETS_BACKEND_FAILED", `${file} is not a ${language} object`);
  return new Map(
    Object.entries(parsed).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

function readEnv(file: string, text: string): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const equals = trimmed.indexOf("=");
    const name = trimmed.slice(0, equals).trim();
    const wrong = equals < 1 ? "is not NAME=secret" : secrets.has(name) ? `names ${name} a second time` : undefined;
    if (wrong !== undefined) throw new DaisyError("SECRETS_BACKEND_FAILED", `${file}:${index + 1} ${wrong}`);
    secrets.set(name, trimmed.slice(equals + 1).trim());
  }
  return secrets;
}
