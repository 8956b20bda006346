import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "ava";
import { BIN, makeHome } from "./helpers/run-airflow.ts";

for (const name of ["worker", "scheduler", "triggerer", "webserver"]) {
  test(`the ${name} does not start where it may open too few files, and says how many it needs`, async (t) => {
    await using folder = await makeHome();
    const child = spawn("sh", ["-c", 'ulimit -n 48 && exec "$0" "$@"', process.execPath, BIN, name], {
      env: { ...process.env, AIRFLOW_HOME: folder.home },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    const [code] = (await once(child, "close")) as [number];
    t.is(code, 1);
    t.regex(complaint, new RegExp(`^The ${name} may open 48 files and needs \\d+: raise the limit`));
  });
}
