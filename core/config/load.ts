import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { DaisyError } from "../errors.ts";
import { createFileOnce } from "../files.ts";
import { nearest } from "../nearest.ts";
import { applyMasking } from "../secrets/apply-masking.ts";
import { readSecretsBackend } from "../secrets/backends/read-backend.ts";
import { generateFernetKey } from "../secrets/fernet.ts";
import { type FileValues, parseAirflowCfg, renderAirflowCfg, renderValue, unescapePercent } from "./airflow-cfg.ts";
import { type AirflowConfig, type AirflowConfigOverrides, OPTIONS, type Option } from "./options.ts";
import { parseValue, type SourcedText } from "./parse-value.ts";
import { runConfigCommand } from "./run-command.ts";
import { WITHOUT_EFFECT } from "./without-effect.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadConfigOptions {
  /** @default process.env */
  readonly env?: Environment;
  /** Values from command-line flags, which win over everything. */
  readonly flags?: AirflowConfigOverrides;
  /** Told about deprecated and misspelled names. @default a line on standard error */
  readonly warn?: (message: string) => void;
}

/**
 * The complete, frozen configuration. `$AIRFLOW_HOME/airflow.cfg` (or the file that `AIRFLOW_CONFIG` names) is written
 * with every default when there is none; any number of processes may do so at once.
 *
 * A value comes from the first of: flag, `AIRFLOW__SECTION__KEY`, its `_CMD`, its `_SECRET`, the file, the file's
 * `key_cmd`, the file's `key_secret`, the default. `_cmd` and `_secret` count for sensitive options only. The process
 * hides secrets as it says from then on.
 * @throws {DaisyError} a wrong value, by section, key, what was expected, what came, and where
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<AirflowConfig> {
  const { env = process.env, flags = {}, warn = (message) => process.stderr.write(`${message}\n`) } = options;
  const home = airflowHome(env);
  const file = configPath(env);
  const values = await readOrCreate(file, home);
  warnOfMisspellings(file, values, env, warn);
  warnOfOptionsWithoutEffect(file, values, env, warn);
  const config = buildConfig(home, (section, key, option) => {
    const fromFlags = valueIn(flags, section, key);
    if (fromFlags !== undefined) return parseValue(section, key, option, { text: String(fromFlags), where: "a flag" });
    const found = find(section, key, option, { env, file, values, warn });
    return found ? parseValue(section, key, option, found) : undefined;
  });
  applyMasking(config);
  return config;
}

/** The defaults with some values changed, without any file or variable; for tests and tools. */
export function defaultConfig(overrides: AirflowConfigOverrides & { home?: string } = {}): AirflowConfig {
  const { home = "/nonexistent/airflow", ...sections } = overrides;
  return buildConfig(home, (section, key) => valueIn(sections, section, key));
}

/** A copy of a configuration with some values changed. */
export function withConfig(config: AirflowConfig, overrides: AirflowConfigOverrides): AirflowConfig {
  return buildConfig(
    config.home,
    (section, key) => valueIn(overrides, section, key) ?? valueIn(config as AirflowConfigOverrides, section, key),
  );
}

/** `AIRFLOW_HOME`, or `~/airflow`; absolute. */
export function airflowHome(env: Environment = process.env): string {
  return path.resolve(expand(env.AIRFLOW_HOME || "~/airflow", env));
}

/** Where the configuration file is: `AIRFLOW_CONFIG`, or `airflow.cfg` in the home folder. */
export function configPath(env: Environment = process.env): string {
  return env.AIRFLOW_CONFIG
    ? path.resolve(expand(env.AIRFLOW_CONFIG, env))
    : path.join(airflowHome(env), "airflow.cfg");
}

type Value = string | number | boolean;

function buildConfig(
  home: string,
  pick: (section: string, key: string, option: Option) => Value | undefined,
): AirflowConfig {
  const sections = Object.entries(OPTIONS).map(([section, options]) => {
    const pairs = Object.entries(options as Record<string, Option>).map(([key, option]) => {
      const standard = typeof option.default === "string" ? renderValue(option.default, home) : option.default;
      return [key, pick(section, key, option) ?? standard] as const;
    });
    return [section, Object.freeze(Object.fromEntries(pairs))] as const;
  });
  return Object.freeze({ ...Object.fromEntries(sections), home }) as unknown as AirflowConfig;
}

function valueIn(overrides: AirflowConfigOverrides, section: string, key: string): Value | undefined {
  return (overrides as Record<string, Record<string, Value> | undefined>)[section]?.[key];
}

async function readOrCreate(file: string, home: string): Promise<FileValues> {
  try {
    return parseAirflowCfg(await readOrCreateText(file, home), file);
  } catch (error) {
    if (error instanceof DaisyError) throw error;
    throw new DaisyError("CONFIG_SYNTAX", (error as Error).message, file);
  }
}

async function readOrCreateText(file: string, home: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  await mkdir(path.dirname(file), { recursive: true });
  const secrets = {
    "core.fernet_key": generateFernetKey(),
    "api.secret_key": randomBytes(32).toString("base64url"),
  };
  const made = await createFileOnce(file, renderAirflowCfg(home, secrets), 0o600);
  // The umask may have taken bits away; nothing may be added to them.
  if (made) await chmod(file, 0o600);
  return readFile(file, "utf8");
}

interface Sources {
  readonly env: Environment;
  readonly file: string;
  readonly values: FileValues;
  readonly warn: (message: string) => void;
}

/** Where a value is looked for, first to last; each is tried with the option's name and then its former names. */
const PLACES: readonly ((name: Name, option: Option, sources: Sources) => SourcedText | undefined)[] = [
  ({ variable }, _, { env }) => read(variable, env[variable], (text) => expand(text, env)),
  ({ variable }, option, { env }) =>
    option.sensitive ? readCommand(`${variable}_CMD`, env[`${variable}_CMD`]) : undefined,
  ({ inFile, variable }, option, sources) =>
    mayBeSecret(inFile, option)
      ? readSecret(`${variable}_SECRET`, sources.env[`${variable}_SECRET`], sources)
      : undefined,
  ({ inFile }, option, { file, values, env }) => {
    const value = values.get(inFile);
    if (value === undefined) return undefined;
    // The file that we write has every key, so an empty one beside its _cmd is not a decision for emptiness.
    const delegated = option.sensitive && (values.has(`${inFile}_cmd`) || values.has(`${inFile}_secret`));
    if (value.text === "" && delegated) return undefined;
    const where = `${file}:${value.line}`;
    return read(where, value.text, (text) => expand(unescapePercent(text, where), env));
  },
  ({ inFile }, option, { file, values }) => {
    const value = option.sensitive ? values.get(`${inFile}_cmd`) : undefined;
    return value && readCommand(`${file}:${value.line}`, value.text);
  },
  ({ inFile }, option, sources) => {
    const value = mayBeSecret(inFile, option) ? sources.values.get(`${inFile}_secret`) : undefined;
    return value && readSecret(`${inFile}_secret in ${sources.file}:${value.line}`, value.text, sources);
  },
];

interface Name {
  /** `section.key` */
  readonly inFile: string;
  readonly variable: string;
}

function nameOf(dotted: string): Name {
  const [section, key] = dotted.split(".") as [string, string];
  return { inFile: dotted, variable: `AIRFLOW__${section}__${key}`.toUpperCase() };
}

function find(section: string, key: string, option: Option, sources: Sources): SourcedText | undefined {
  const names = [`${section}.${key}`, ...(option.formerly ?? [])].map(nameOf);
  for (const place of PLACES) {
    for (const [index, name] of names.entries()) {
      const found = place(name, option, sources);
      if (found === undefined) continue;
      if (index > 0) sources.warn(deprecation(name, section, key, found.where));
      return found;
    }
  }
  return undefined;
}

function deprecation(old: Name, section: string, key: string, where: string): string {
  const [oldSection, oldKey] = old.inFile.split(".");
  return (
    `DeprecationWarning: The ${oldKey} option in [${oldSection}] has been moved to the ${key} option in [${section}] - ` +
    `the old setting has been used, but please update your config (${where})`
  );
}

function read(where: string, text: string | undefined, change: (text: string) => string): SourcedText | undefined {
  return text === undefined ? undefined : { where, text: change(text) };
}

function readCommand(where: string, command: string | undefined): SourcedText | undefined {
  return command === undefined ? undefined : { where, text: runConfigCommand(command, where) };
}

/** Whether `_SECRET` is honoured; the backend cannot be asked for its own arguments. */
function mayBeSecret(inFile: string, { sensitive = false }: Option): boolean {
  return sensitive && inFile !== "secrets.backend_kwargs";
}

/** What `_SECRET` names in the secrets backend, which is itself configured in the other ways. */
function readSecret(where: string, name: string | undefined, sources: Sources): SourcedText | undefined {
  if (name === undefined) return undefined;
  const [backend, kwargs] = (["backend", "backend_kwargs"] as const).map((key) => {
    return find("secrets", key, OPTIONS.secrets[key], sources)?.text ?? "";
  });
  const opened = readSecretsBackend(backend!, kwargs!);
  if (opened === undefined) throw new DaisyError("CONFIG_NO_SECRETS_BACKEND", where);
  const secret = opened.option(name);
  if (secret === null) throw new DaisyError("CONFIG_SECRET_NOT_FOUND", name, where);
  return { where, text: secret };
}

/** `~` at the beginning, and `$NAME` or `${NAME}` of variables that are set, as Airflow's `expand_env_var`. */
function expand(text: string, env: Environment): string {
  const named = text.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
  return named.replace(/^~(?=\/|$)/, () => env.HOME || homedir());
}

/**
 * A name that we do not know is nothing to speak of, since Airflow has many that Daisy does not read; one that differs
 * from ours by a letter or two is a slip that would otherwise pass in silence.
 */
function warnOfMisspellings(file: string, values: FileValues, env: Environment, warn: (message: string) => void): void {
  const known = knownNames();
  for (const [name, { line }] of values) {
    const meant = known.has(name) ? undefined : nearest(name, [...known]);
    if (meant) warn(`Unknown option [${name.replace(".", "] ")} is ignored; did you mean ${meant}? (${file}:${line})`);
  }
  const variables = new Set([...known].map((name) => nameOf(name).variable));
  for (const variable of Object.keys(env).filter((name) => name.startsWith("AIRFLOW__") && !variables.has(name))) {
    const meant = nearest(variable, [...variables]);
    if (meant) warn(`Unknown variable ${variable} is ignored; did you mean ${meant}?`);
  }
}

/** An option of Airflow's that was changed, and that does nothing here although users would count on it. */
function warnOfOptionsWithoutEffect(
  file: string,
  values: FileValues,
  env: Environment,
  warn: (message: string) => void,
): void {
  for (const [name, { standard, instead }] of WITHOUT_EFFECT) {
    const { variable } = nameOf(name);
    const inFile = values.get(name);
    const found = env[variable] ?? inFile?.text;
    if (found === undefined || found === standard) continue;
    const where = env[variable] === undefined ? `${file}:${inFile!.line}` : variable;
    warn(`Option [${name.replace(".", "] ")} has no effect in Daisy: ${instead} (${where})`);
  }
}

function knownNames(): Set<string> {
  const names = Object.entries(OPTIONS).flatMap(([section, options]) =>
    Object.entries(options as Record<string, Option>).flatMap(([key, option]) => {
      const all = [`${section}.${key}`, ...(option.formerly ?? [])];
      return option.sensitive ? all.flatMap((name) => [name, `${name}_cmd`, `${name}_secret`]) : all;
    }),
  );
  return new Set(names);
}
