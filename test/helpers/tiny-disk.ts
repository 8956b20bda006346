import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A folder with a small disk of its own. */
export interface TinyDisk extends AsyncDisposable {
  readonly folder: string;
  /** Writes until nothing more fits. */
  fill(): Promise<void>;
  /** Takes away what filled it. */
  free(): Promise<void>;
}

const BALLAST_BYTES = 64 * 1024;

/** Why there cannot be one here, or undefined. */
export function whyNoTinyDisk(): string | undefined {
  if (process.platform !== "linux") return `on ${process.platform} only root can mount a disk in memory`;
  if (mountsAsRoot() || mountsInNamespace()) return undefined;
  return "neither mount nor unshare may mount a disk in memory";
}

const mountsAsRoot = () => process.getuid?.() === 0 && succeeds("unshare", ["-m", "mount", "-t", "tmpfs", "x", "/mnt"]);
const mountsInNamespace = () => succeeds("unshare", ["-rm", "mount", "-t", "tmpfs", "x", "/mnt"]);

function succeeds(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Mounts a disk in memory: as root directly, otherwise in a namespace, which other processes enter through /proc. */
export async function createTinyDisk(megabytes: number): Promise<TinyDisk> {
  const point = await mkdtemp(path.join(tmpdir(), "daisy-disk-"));
  const mount = ["mount", "-t", "tmpfs", "-o", `size=${megabytes}m,mode=755`, "daisy-disk", point] as const;
  if (mountsAsRoot()) {
    execFileSync(mount[0], mount.slice(1));
    return tinyDisk(point, () => execFileSync("umount", ["--lazy", point]), point);
  }
  const holder = spawn("unshare", ["-rm", "sh", "-c", `${mount.join(" ")} && echo mounted && exec cat`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(holder.stdout!, "data");
  return tinyDisk(`/proc/${holder.pid}/root${point}`, () => endOf(holder), point);
}

async function endOf(holder: ChildProcess): Promise<void> {
  holder.stdin!.end();
  await once(holder, "exit");
}

function tinyDisk(folder: string, unmount: () => unknown, point: string): TinyDisk {
  const ballast = path.join(folder, "ballast");
  return {
    folder,
    async fill() {
      const file = await open(ballast, "a");
      try {
        for (let bytes = BALLAST_BYTES; bytes > 0; ) {
          await file.write(Buffer.alloc(bytes)).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== "ENOSPC") throw error;
            bytes = Math.floor(bytes / 2);
          });
        }
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      await unmount();
      await rm(point, { recursive: true, force: true });
    },
  };
}
