import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { AirflowFailException, AirflowSkipException } from "../errors.ts";
import { isPlainObject, type JsonValue } from "../json.ts";
import { type Operator, operator } from "../operator.ts";
import { getContext } from "../task-scope.ts";
import { areTexts, isFilledText, type OptionRules, readOptions } from "./options.ts";

/** A `.py` file that a DAG file imports. Its text travels with the DAG's code, so that workers need no dags folder. */
export interface PythonFile {
  /** Seen from the dags folder. */
  readonly path: string;
  readonly source: string;
}

/** Arguments by name; a task may be called with some, which win over `opKwargs`. */
export interface PythonArguments {
  readonly [name: string]: JsonValue;
}

export interface PythonFunctionOptions {
  /** What `import steps from "./steps.py"` gives. */
  file: PythonFile;
  /** The name of a function in the file; it may be async. */
  function: string;
  /** Arguments by place. */
  opArgs?: readonly JsonValue[];
  /** Arguments by name. */
  opKwargs?: PythonArguments;
  /** An interpreter, or the folder of a virtual environment. @default "python3" */
  python?: string;
  /** Variables beside those of the task's process. */
  env?: Readonly<Record<string, string>>;
}

const RULES: OptionRules<PythonFunctionOptions> = {
  file: [
    (value) => isPlainObject(value) && typeof value.path === "string" && typeof value.source === "string",
    'must be an imported file: import steps from "./steps.py", and then { file: steps }',
  ],
  function: isFilledText,
  opArgs: [Array.isArray, "must be an array"],
  opKwargs: [isPlainObject, "must be an object"],
  python: isFilledText,
  env: areTexts,
};

/**
 * Runs a function of a Python file in a process of its own (Airflow's PythonOperator). Arguments and result are JSON;
 * output goes to the task's log. AirflowSkipException and AirflowFailException mean what they mean in Airflow.
 *
 * ```ts
 * import steps from "./steps.py";
 * dag.task("clean", pythonFunction({ file: steps, function: "clean" }))({ rows });
 * ```
 */
export function pythonFunction(options: PythonFunctionOptions): Operator<void | PythonArguments, unknown> {
  const declared = readOptions("pythonFunction", options, RULES, ["file", "function"]);
  const { file, opArgs, opKwargs } = declared;
  if (!file.source.includes(declared.function)) {
    throw new Error(`pythonFunction(...): ${file.path} has no function "${declared.function}"`);
  }
  return operator({
    operatorName: "PythonOperator",
    label: "pythonFunction",
    uiColor: "#ffefeb",
    templateFields: { opArgs, opKwargs },
    execute: (inputs, fields) => {
      const { opKwargs: kwargs, ...rest } = { ...declared, ...fields };
      return run({ ...rest, opKwargs: { ...kwargs, ...inputs } });
    },
  });
}

/** What the runner answers. */
type PythonAnswer =
  | { readonly kind: "success"; readonly value: JsonValue }
  | { readonly kind: "skipped"; readonly message: string }
  | { readonly kind: "failed" | "error"; readonly message: string; readonly traceback: string };

async function run(options: PythonFunctionOptions): Promise<unknown> {
  const answer = await callPython(options);
  switch (answer.kind) {
    case "success":
      return answer.value;
    case "skipped":
      throw new AirflowSkipException(answer.message);
    default: {
      const error = new (answer.kind === "failed" ? AirflowFailException : Error)(answer.message);
      error.stack = answer.traceback;
      throw error;
    }
  }
}

async function callPython({ file, python = "python3", env, ...call }: PythonFunctionOptions): Promise<PythonAnswer> {
  const { signal } = getContext();
  const interpreter = await findInterpreter(python);
  const runner = await readFile(new URL("./python-runner.py", import.meta.url), "utf8");
  const child = spawn(interpreter, ["-c", runner], {
    env: { ...process.env, PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8", ...env },
    // The answer has a channel of its own, so that the function may print what it likes.
    stdio: ["pipe", "inherit", "inherit", "pipe"],
    signal,
  });
  const { path, source } = file;
  const order = { path, source, function: call.function, args: call.opArgs ?? [], kwargs: call.opKwargs ?? {} };
  // A process that is gone shows by its end.
  child.stdin!.on("error", () => undefined).end(JSON.stringify(order));
  const text = readAll(child.stdio[3] as Readable);
  const how = await new Promise<string>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? noPython(interpreter) : error),
    );
    child.on("close", (code, killedBy) =>
      resolve(killedBy === null ? `exited with code ${code}` : `was killed by ${killedBy}`),
    );
  });
  const answer = await text;
  if (answer === "") throw new Error(`The Python process ${how} before ${call.function} returned.`);
  return JSON.parse(answer) as PythonAnswer;
}

/** The interpreter in the folder of a virtual environment, or the one that is named. */
async function findInterpreter(python: string): Promise<string> {
  const found = python.includes("/") ? await stat(python).catch(() => undefined) : undefined;
  return found?.isDirectory() ? join(python, "bin", "python") : python;
}

function noPython(interpreter: string): Error {
  return new Error(
    `There is no program "${interpreter}" on this worker; install Python 3, or name an interpreter or a virtual ` +
      'environment in the option "python"',
  );
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
