import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import test from "ava";
import { makeHome } from "../cli/helpers/run-airflow.ts";

const WORKSHOP = fileURLToPath(new URL("../../setup/workshop.ts", import.meta.url));

function runWorkshop(args: readonly string[], home: string): Promise<{ code: unknown; stderr: string }> {
  const env = { ...process.env, AIRFLOW_HOME: home };
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", WORKSHOP, ...args], { env }, (error, _stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stderr }),
    );
  });
}

test("a port in use is named, nothing is set up, and what answers there is not asked for a run", async (t) => {
  await using folder = await makeHome();
  let visits = 0;
  const other = createServer(() => visits++).listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  const outcome = await runWorkshop(["--port", String(port)], folder.home);
  other.close();
  t.deepEqual(outcome, {
    code: 1,
    stderr: `Port ${port} is in use by another program; choose another one with --port\n`,
  });
  t.is(visits, 0);
  t.deepEqual(await readdir(folder.home), []);
});

const MISTAKES: readonly (readonly [args: readonly string[], message: string])[] = [
  [["--port", "abc"], '--port should be a number from 1 to 65535, not "abc"\n'],
  [["--port", "70000"], '--port should be a number from 1 to 65535, not "70000"\n'],
  [["--fast"], "Unknown option '--fast'\n"],
];

for (const [args, message] of MISTAKES) {
  test(`${args.join(" ")} is answered with one line`, async (t) => {
    await using folder = await makeHome();
    t.deepEqual(await runWorkshop(args, folder.home), { code: 2, stderr: message });
  });
}
