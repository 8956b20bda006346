// `npm run check`: everything about the code that is not a test. Each check runs even when one before it failed.
import { spawn } from "node:child_process";
import { checkDocs } from "./check-docs.ts";
import { checkSchema } from "./dump-schema.ts";

type Check = () => Promise<string[]>;

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["types", () => program("tsc", ["--noEmit", "-p", "."])],
  ["types of the console", () => program("tsc", ["--noEmit", "-p", "webserver/console"])],
  ["lint and format", () => program("biome", ["ci", "--colors=off", "--max-diagnostics=50", "."])],
  ["import rules", () => program("depcruise", ["--output-type", "err-long", ...FOLDERS])],
  ["setup/schema.sql is what the migrations make", checkSchema],
  ["docs", checkDocs],
];

const FOLDERS = ["sdk", "core", "scheduler", "worker", "triggerer", "webserver", "tfx", "cli", "setup", "dags"];

/** Runs a program from node_modules; what it prints is the complaint when it fails. */
function program(name: string, args: readonly string[]): Promise<string[]> {
  const child = spawn(`node_modules/.bin/${name}`, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      output += chunk;
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code === 0 ? [] : [output.trimEnd()]));
  });
}

let failed = 0;
for (const [name, check] of CHECKS) {
  const complaints = await check().catch((error: Error) => [error.stack ?? error.message]);
  console.log(`${complaints.length === 0 ? "ok" : "not ok"} - ${name}`);
  for (const complaint of complaints) console.log(complaint);
  if (complaints.length > 0) failed += 1;
}
console.log(`${CHECKS.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
