import { spawn } from "node:child_process";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AirflowSkipException } from "../errors.ts";
import { type Operator, operator } from "../operator.ts";
import { getContext } from "../task-scope.ts";
import {
  areTexts,
  isFilledText,
  isFlag,
  isFunction,
  isText,
  type OptionInputs,
  type OptionRules,
  readOptions,
  withInputs,
} from "./options.ts";

export interface BashOptions {
  /** The command, given to `bash -c`. A template; one that ends in `.sh` or `.bash` names a file with it. */
  bashCommand: string;
  /** The command's environment, besides `AIRFLOW_CTX_…`. Templates. @default that of the task's process */
  env?: Readonly<Record<string, string>>;
  /** Whether `env` comes on top of the environment of the task's process. @default false: it replaces it */
  appendEnv?: boolean;
  /** Working folder. A template. @default a temporary one, removed afterwards */
  cwd?: string;
  /** An exit code, or several, that mean skipped; null: none. @default 99 */
  skipOnExitCode?: number | readonly number[] | null;
  /** The encoding of the output, such as `latin1`. @default utf-8 */
  outputEncoding?: string;
  /** Makes the task's result of the output's last line. @default the line itself */
  outputProcessor?: (lastLine: string) => unknown;
}

const RULES: OptionRules<BashOptions> = {
  bashCommand: isFilledText,
  env: areTexts,
  appendEnv: isFlag,
  cwd: isText,
  skipOnExitCode: [
    (value) => value === null || [value].flat().every((code) => Number.isInteger(code)),
    "must be an exit code, an array of them, or null",
  ],
  outputEncoding: [isEncoding, "must be an encoding such as utf-8 or latin1"],
  outputProcessor: isFunction,
};

/**
 * Runs a command; its output goes to the task's log and its last line is the task's result (Airflow's BashOperator).
 * Exit code 99 skips the task, any other but 0 fails it.
 */
export function bash(options: BashOptions): Operator<OptionInputs<BashOptions>, unknown> {
  const declared = readOptions("bash", options, RULES, ["bashCommand"]);
  const { bashCommand, env, cwd } = declared;
  return operator({
    operatorName: "BashOperator",
    label: "bash",
    uiColor: "#f0ede4",
    templateFields: { bashCommand, env, cwd },
    templateExt: [".sh", ".bash"],
    execute: (inputs, fields) => runBash(withInputs("bash", { ...declared, ...fields }, inputs, RULES)),
  });
}

async function runBash(options: BashOptions): Promise<unknown> {
  const { cwd, outputProcessor = (line: string) => line } = options;
  if (cwd !== undefined) {
    await checkFolder(cwd);
    return outputProcessor(await runIn(cwd, options));
  }
  const folder = await mkdtemp(join(tmpdir(), "airflowtmp"));
  try {
    return outputProcessor(await runIn(folder, options));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkFolder(cwd: string): Promise<void> {
  const found = await stat(cwd).catch(() => undefined);
  if (found === undefined) throw new Error(`Can not find the cwd: ${cwd}`);
  if (!found.isDirectory()) throw new Error(`The cwd ${cwd} must be a directory`);
}

/** Runs the command to its end and returns the last line of its standard output. */
function runIn(cwd: string, options: BashOptions): Promise<string> {
  const { bashCommand, skipOnExitCode = 99, outputEncoding = "utf-8" } = options;
  const { signal } = getContext();
  console.log(`Running command: ${bashCommand}`);
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", bashCommand], {
      cwd,
      env: environment(options),
      stdio: ["ignore", "pipe", "inherit"],
      signal,
    });
    const lastLine = passOnLines(child.stdout, outputEncoding);
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      if (code === 0) return resolve(lastLine());
      const how = killedBy === null ? `returned a non-zero exit code ${code}` : `was killed by ${killedBy}`;
      if (code !== null && [skipOnExitCode].flat().includes(code))
        return reject(new AirflowSkipException(`Bash command returned exit code ${code}. Skipping.`));
      reject(new Error(`Bash command failed. The command ${how}.`));
    });
  });
}

/** Whose process it is, and the mark by which the worker finds what a killed task has started. */
const ALWAYS_PASSED = /^(AIRFLOW_CTX_.+|DAISY_TASK_PROCESS)$/;

function environment({ env, appendEnv = false }: BashOptions): NodeJS.ProcessEnv {
  if (env === undefined) return process.env;
  if (appendEnv) return { ...process.env, ...env };
  const kept = Object.entries(process.env).filter(([name]) => ALWAYS_PASSED.test(name));
  return { ...Object.fromEntries(kept), ...env };
}

/** Writes what a stream brings to the log, and returns what tells its last line so far. */
function passOnLines(stream: NodeJS.ReadableStream, encoding: string): () => string {
  const decoder = new TextDecoder(encoding);
  let lastLine = "";
  let partial = "";
  const take = (text: string) => {
    process.stdout.write(text);
    const lines = (partial + text).split("\n");
    partial = lines.pop()!;
    lastLine = lines.at(-1) ?? lastLine;
  };
  stream.on("data", (chunk: Buffer) => take(decoder.decode(chunk, { stream: true })));
  stream.on("end", () => take(decoder.decode()));
  return () => (partial || lastLine).trimEnd();
}

function isEncoding(value: unknown): boolean {
  try {
    new TextDecoder(value as string);
    return typeof value === "string";
  } catch {
    return false;
  }
}
