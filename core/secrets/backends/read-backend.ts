import { isPlainObject } from "#sdk/json.ts";
import { DaisyError } from "../../errors.ts";
import type { SecretsBackend } from "./backend.ts";
import { commandBackend } from "./command-backend.ts";
import { fileBackend } from "./file-backend.ts";

/** Backends by the names that `[secrets] backend` takes, each with its arguments by their names. */
const BACKENDS: Readonly<Record<string, Kind>> = {
  "airflow.secrets.local_filesystem.LocalFilesystemBackend": {
    kwargs: ["variables_file_path", "connections_file_path", "config_file_path"],
    create: ([variables, connections, options]) => fileBackend({ variables, connections, options }),
  },
  "daisy.secrets.CommandBackend": {
    kwargs: ["variables_command", "connections_command", "config_command"],
    create: ([variables, connections, options]) => commandBackend({ variables, connections, options }),
  },
};

interface Kind {
  readonly kwargs: readonly string[];
  /** Takes the arguments in the order of `kwargs`; undefined for those left out. */
  create(kwargs: readonly (string | undefined)[]): SecretsBackend;
}

/**
 * The backend that `[secrets] backend` and `backend_kwargs` (a JSON object) describe; undefined when there is none.
 * @throws {DaisyError} SECRETS_BACKEND_INVALID; the message shows no argument's value
 */
export function readSecretsBackend(backend: string, kwargs: string): SecretsBackend | undefined {
  if (backend === "") return undefined;
  const kind = BACKENDS[backend];
  if (kind === undefined) {
    const known = Object.keys(BACKENDS).join(" and ");
    throw new DaisyError("SECRETS_BACKEND_INVALID", `[secrets] backend is ${backend}; Daisy has ${known}`);
  }
  const given = parseKwargs(kwargs);
  const unknown = Object.keys(given).find((name) => !kind.kwargs.includes(name));
  if (unknown !== undefined) {
    const known = kind.kwargs.join(", ");
    throw new DaisyError(
      "SECRETS_BACKEND_INVALID",
      `[secrets] backend_kwargs has ${unknown}; ${backend} takes ${known}`,
    );
  }
  return kind.create(
    kind.kwargs.map((name) => {
      const value = given[name] ?? undefined;
      if (value === undefined || (typeof value === "string" && value.trim() !== "")) return value as string | undefined;
      throw new DaisyError("SECRETS_BACKEND_INVALID", `${name} in [secrets] backend_kwargs is not a text`);
    }),
  );
}

function parseKwargs(kwargs: string): Record<string, unknown> {
  if (kwargs.trim() === "") return {};
  try {
    const parsed = JSON.parse(kwargs) as unknown;
    if (isPlainObject(parsed)) return parsed;
  } catch {
    // As for JSON that is no object.
  }
  throw new DaisyError("SECRETS_BACKEND_INVALID", "[secrets] backend_kwargs is not a JSON object");
}
