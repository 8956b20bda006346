import { type ChildProcess, execFileSync, type StdioOptions, spawn } from "node:child_process";

/** PostgreSQL refuses to run as root; this is whom it runs as then. */
const SYSTEM_USER = "postgres";

export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Spawns a PostgreSQL program. As root it runs as the system's postgres user, which may not be able to enter a home
 * folder of root's; `setpriv` then lends it the right to pass closed folders.
 */
export function spawnAsServerUser(program: string, args: readonly string[], stdio: StdioOptions): ChildProcess {
  const env = { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" };
  // A process group of its own: Ctrl-C in a terminal must reach the server through us, in order, not at once.
  const options = { env, stdio, detached: true, cwd: "/" };
  const user = serverUser();
  if (user === undefined) return spawn(program, args, options);
  const capabilities = "+dac_override,+dac_read_search";
  return spawn(
    "setpriv",
    [
      `--reuid=${user.uid}`,
      `--regid=${user.gid}`,
      "--clear-groups",
      `--inh-caps=${capabilities}`,
      `--ambient-caps=${capabilities}`,
      // Else access(2), by which PostgreSQL looks for its own programs, would not count what was lent.
      "--securebits=+no_setuid_fixup",
      "--",
      program,
      ...args,
    ],
    options,
  );
}

/** The user that PostgreSQL runs as when we are root, made when missing; undefined when we are not. */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return idsOf(SYSTEM_USER);
  } catch {
    const flags = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"];
    execFileSync("useradd", [...flags, SYSTEM_USER]);
    return idsOf(SYSTEM_USER);
  }
}

function idsOf(user: string): ServerUser {
  const id = (flag: string) =>
    Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  return { uid: id("-u"), gid: id("-g") };
}
