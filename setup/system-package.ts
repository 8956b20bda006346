import { spawnSync } from "node:child_process";

/**
 * Installs a package with apt or Homebrew, without asking anything, and says whether that worked. Without the right
 * to install (no root, no password-less sudo) it does nothing and returns false.
 */
export function installSystemPackage(names: { apt: string; brew: string }): boolean {
  if (process.platform === "darwin") return works("brew", ["install", "--quiet", names.brew]);
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const aptGet = (...args: string[]) => {
    const [program, ...rest] = [...asRoot, "apt-get", "-qq", ...args] as [string, ...string[]];
    return works(program, rest);
  };
  console.log(`Installing ${names.apt} (apt-get)`);
  const install = () => aptGet("install", "-y", "--no-install-recommends", names.apt);
  // The package lists of a fresh machine are empty, so the second attempt follows an update.
  return install() || (aptGet("update") && install());
}

function works(program: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", HOMEBREW_NO_AUTO_UPDATE: "1" };
  return spawnSync(program, args, { env, stdio: ["ignore", "ignore", "ignore"] }).status === 0;
}
