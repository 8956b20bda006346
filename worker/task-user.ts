import { execFileSync } from "node:child_process";
import { DaisyError } from "#core/errors.ts";

/** A user of the operating system under whom tasks run. */
export interface TaskUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/**
 * The user of `[core] default_impersonation`; undefined when it names none. Such a user's processes can read neither
 * the worker's memory and environment nor its airflow.cfg, which those of the worker's own user can.
 * @throws {DaisyError} IMPERSONATION_FAILED when there is no such user, or this process may not become another
 */
export function findTaskUser(name: string): TaskUser | undefined {
  if (name === "") return undefined;
  if (process.getuid?.() !== 0) throw new DaisyError("IMPERSONATION_FAILED", name, "the worker does not run as root");
  const [, , uid, gid, , home = "/"] = passwdEntry(name).split(":");
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** The user's line in the form of /etc/passwd, whichever directory knows the user. */
function passwdEntry(name: string): string {
  try {
    return execFileSync("getent", ["passwd", "--", name], { encoding: "utf8" }).trim();
  } catch {
    throw new DaisyError("IMPERSONATION_FAILED", name, "there is no such user");
  }
}
