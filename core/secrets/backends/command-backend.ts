import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { runConfigCommand, splitArguments } from "../../config/run-command.ts";
import { DaisyError } from "../../errors.ts";
import type { SecretsBackend } from "./backend.ts";

/** Programs that print secrets; those left out know none. */
export interface SecretCommands {
  readonly variables: string | undefined;
  readonly connections: string | undefined;
  /** For what options' `_SECRET` names. */
  readonly options: string | undefined;
}

const TIMEOUT_MS = 30_000;
const run = promisify(execFile);

/**
 * Secrets that a program prints: the name is its last argument, and no shell is involved. What it prints is the
 * secret, without one line break at the end; nothing means that there is none. An exit code other than 0 fails whoever
 * asked, because a vault that is away must not look like one without the secret.
 */
export function commandBackend(commands: SecretCommands): SecretsBackend {
  return {
    variable: (key) => ask(commands.variables, key),
    connection: (connId) => ask(commands.connections, connId),
    option: (name) =>
      commands.options === undefined ? null : read(runConfigCommand(commands.options, "[secrets] backend", [name])),
  };
}

async function ask(command: string | undefined, name: string): Promise<string | null> {
  if (command === undefined) return null;
  const [program, ...args] = splitArguments(command, "[secrets] backend_kwargs");
  try {
    const { stdout } = await run(program!, [...args, name], { encoding: "utf8", timeout: TIMEOUT_MS });
    return read(stdout);
  } catch (error) {
    const { code, signal, stderr = "" } = error as { code?: number | string; signal?: string; stderr?: string };
    const how = signal ? `was ended by ${signal}` : `ended with ${code}`;
    throw new DaisyError("SECRETS_BACKEND_FAILED", `${program} ${how}: ${stderr.trim()}`);
  }
}

function read(output: string): string | null {
  const secret = output.replace(/\r?\n$/, "");
  return secret === "" ? null : secret;
}
