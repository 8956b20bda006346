import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import test from "ava";
import { findEmbeddedPostgres } from "#setup/services/embedded-postgres.ts";
import { freePort } from "#setup/services/free-port.ts";
import { findPrivateRedis } from "#setup/services/private-redis.ts";
import { isAlive } from "#setup/services/process-alive.ts";
import { until } from "#test/helpers/until.ts";
import { makeHome, runAirflow, startAirflow, stop, untilPrinted } from "./helpers/run-airflow.ts";

const DAG_FILE = `
import { Dag } from "apache-airflow-ts-sdk";
const dag = new Dag("hello");
dag.task("greet", async () => console.log("hello"))();
export default dag;
`;

interface World {
  readonly home: string;
  readonly port: number;
  readonly env: Record<string, string>;
  start(): Promise<ChildProcess>;
  run(command: string): Promise<string>;
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  await using folder = await makeHome();
  const port = await freePort();
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__WEBSERVER__AUTHENTICATE: "False" };
  const started: ChildProcess[] = [];
  try {
    await work({
      home: folder.home,
      port,
      env,
      async start() {
        const child = startAirflow(["standalone", "--port", String(port)], env);
        started.push(child);
        await untilPrinted(child, `Daisy is ready: http://127.0.0.1:${port} `);
        return child;
      },
      run: async (command) => (await runAirflow(command.split(" "), env)).stdout,
    });
  } finally {
    for (const child of started) await stop(child, "SIGTERM");
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.trim().split(/\s+/).map(Number);
}

const nothingRuns = async (home: string) =>
  findEmbeddedPostgres(path.join(home, "postgres")) === undefined &&
  (await findPrivateRedis(path.join(home, "redis"))) === undefined;

test.serial("standalone runs a DAG, stops everything on Ctrl-C, and starts again on the same data", (t) => {
  t.timeout(180_000);
  return inWorld(async ({ home, start, run }) => {
    await mkdir(path.join(home, "dags"), { recursive: true });
    await writeFile(path.join(home, "dags/hello.ts"), DAG_FILE);
    const first = await start();
    await until("the DAG is there", async () => (await run("list_dags")).includes("\nhello\n"));
    await run("unpause hello");
    await run("trigger_dag hello -e 2020-01-01");
    await until("the run succeeds", async () => (await run("dag_state hello 2020-01-01")) === "success\n");
    t.is(await stop(first, "SIGINT"), 0);
    t.true(await nothingRuns(home));

    // Between two starts a command has the same data, on servers that are there for it alone.
    t.is(await run("dag_state hello 2020-01-01"), "success\n");
    t.true(await nothingRuns(home));

    const second = await start();
    t.is(await run("task_state hello greet 2020-01-01"), "success\n");
    t.is(await stop(second, "SIGTERM"), 0);
    t.true(await nothingRuns(home));
  });
});

test.serial("a part that is killed comes back", (t) => {
  t.timeout(120_000);
  return inWorld(async ({ start }) => {
    const child = await start();
    const commandOf = async (pid: number) =>
      (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    const workers = async () => {
      const pids = await childrenOf(child.pid!);
      const commands = await Promise.all(pids.map(commandOf));
      return pids.filter((_, index) => commands[index]!.includes("worker"));
    };
    const [worker] = await workers();
    process.kill(worker!, "SIGKILL");
    const next = await until("another worker runs", async () => (await workers()).find((pid) => pid !== worker));
    t.true(isAlive(next));
  });
});

test.serial("when standalone itself is killed, its parts end and the last one stops the servers", (t) => {
  t.timeout(120_000);
  return inWorld(async ({ home, start }) => {
    const child = await start();
    const parts = await childrenOf(child.pid!);
    t.true(parts.length >= 3);
    await stop(child, "SIGKILL");
    await until("its parts end", async () => parts.every((pid) => !isAlive(pid)));
    t.true(await nothingRuns(home));
  });
});

test.serial("a port in use is named with its flag, and nothing is left running", async (t) => {
  await using folder = await makeHome();
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  const outcome = await runAirflow(["standalone", "-p", String(port)], { AIRFLOW_HOME: folder.home });
  blocker.close();
  t.is(outcome.code, 1);
  t.is(outcome.stderr, `Port ${port} is in use by another program; choose another one with -p/--port\n`);
  t.false(existsSync(path.join(folder.home, "postgres")));
});

test.serial("a part that cannot start stops the rest, with what it said", async (t) => {
  t.timeout(120_000);
  await using folder = await makeHome();
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__WEBSERVER__WEB_SERVER_HOST: "0.0.0.0" };
  const outcome = await runAirflow(["standalone", "-p", String(await freePort())], {
    ...env,
    AIRFLOW__WEBSERVER__AUTHENTICATE: "False",
  });
  t.is(outcome.code, 1);
  t.regex(outcome.stdout, /webserver \| The console asks for no login, so it does not bind to 0\.0\.0\.0/);
  t.regex(outcome.stderr, /The webserver does not start: exit code 1/);
  t.true(await nothingRuns(folder.home));
});

test.serial("with -D a process runs in the background, is not started twice, and ends by its pid file", async (t) => {
  t.timeout(120_000);
  await using folder = await makeHome();
  const env = { AIRFLOW_HOME: folder.home, AIRFLOW__WEBSERVER__AUTHENTICATE: "False" };
  await runAirflow(["initdb"], env);
  const port = String(await freePort());
  const started = await runAirflow(["webserver", "-p", port, "-D"], env);
  t.regex(
    started.stdout,
    /^Started webserver in the background, process \d+; its output goes to .*airflow-webserver\.out/,
  );
  const pidFile = path.join(folder.home, "airflow-webserver.pid");
  t.is(Number(await readFile(pidFile, "utf8")), Number(/process (\d+)/.exec(started.stdout)![1]));
  await until("it answers", () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      (answer) => answer.ok,
      () => false,
    ),
  );
  const again = await runAirflow(["webserver", "-p", port, "-D"], env);
  t.is(again.code, 2);
  t.regex(again.stderr, /is still running; stop it or name another file/);
  const pid = Number(await readFile(pidFile, "utf8"));
  process.kill(pid, "SIGTERM");
  await until("it ends", async () => !isAlive(pid));
  t.false(existsSync(pidFile));
  t.true(await nothingRuns(folder.home));
});
