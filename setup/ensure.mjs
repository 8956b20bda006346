// Installs what is missing, so that every npm script works straight after `git clone`. Plain JavaScript without
// imports from npm: it runs before the dependencies are there. `node setup/ensure.mjs [--with chromium]`
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = [20, 20];

checkNode();
ensureDependencies();
run(process.execPath, ["--import", "tsx", "setup/install.ts", ...process.argv.slice(2)]);

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(`Daisy needs Node ${LEAST_NODE.join(".")} or later; this is ${process.versions.node}`);
}

/** Runs `npm ci` when the lock file is not the one that node_modules was made from. */
function ensureDependencies() {
  const lock = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  const stamp = path.join(root, "node_modules", ".daisy-lock-hash");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("Installing dependencies (npm ci)");
  run("npm", ["ci", "--no-progress", "--loglevel=error"]);
  writeFileSync(stamp, lock);
}

function run(program, args) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit" });
  if (error) fail(`${program} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
