import { spawn } from "node:child_process";
import { AirflowSkipException } from "../errors.ts";
import { type Operator, operator } from "../operator.ts";
import { getContext } from "../task-scope.ts";

export interface BashOptions {
  /** The command, given to `bash -c`. */
  bashCommand: string;
  /** Variables beside those of the task's process. */
  env?: Readonly<Record<string, string>>;
  /** Working folder. @default the task's own */
  cwd?: string;
  /** An exit code that means skipped. @default 99 */
  skipOnExitCode?: number;
}

/** Runs a command; its output goes to the task's log and its last line is the task's result (Airflow's BashOperator). */
export function bash(options: BashOptions): Operator<void, string> {
  return operator({ operatorName: "BashOperator", uiColor: "#f0ede4", execute: () => runBash(options) });
}

function runBash(options: BashOptions): Promise<string> {
  const { bashCommand, env, cwd, skipOnExitCode = 99 } = options;
  const { signal } = getContext();
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", bashCommand], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "inherit"],
      signal,
    });
    let lastLine = "";
    let partial = "";
    child.stdout.setEncoding("utf8");
    child.stdout.on("data", (chunk: string) => {
      process.stdout.write(chunk);
      const lines = (partial + chunk).split("\n");
      partial = lines.pop()!;
      lastLine = lines.at(-1) ?? lastLine;
    });
    child.on("error", reject);
    child.on("close", (code, killedBy) => {
      if (code === 0) return resolve(partial || lastLine);
      const how = killedBy === null ? `returned a non-zero exit code ${code}` : `was killed by ${killedBy}`;
      if (code === skipOnExitCode)
        return reject(new AirflowSkipException(`Bash command returned exit code ${code}. Skipping.`));
      reject(new Error(`Bash command failed. The command ${how}.`));
    });
  });
}
