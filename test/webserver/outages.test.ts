import test from "ava";
import { notify } from "#core/database/notifications.ts";
import { createLog } from "#core/log.ts";
import { until } from "#test/helpers/until.ts";
import { createTcpGate, type TcpGate } from "#test/worker/tcp-gate.ts";
import { serve, type TestServer } from "./helpers/serve.ts";

interface GatedServer extends AsyncDisposable {
  readonly server: TestServer;
  /** Between the web server and its database. */
  readonly gate: TcpGate;
  /** The web server's log. */
  readonly lines: readonly string[];
}

async function serveBehindGate(): Promise<GatedServer> {
  const lines: string[] = [];
  const log = createLog("webserver", "INFO", (line) => lines.push(line));
  let gate: TcpGate | undefined;
  const reach = async (url: string) => {
    gate = await createTcpGate(url);
    return gate.url;
  };
  const server = await serve({ scheduler: { job_heartbeat_sec: 0.1 } }, { log, reach });
  return {
    server,
    gate: gate!,
    lines,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await gate![Symbol.asyncDispose]();
    },
  };
}

/** An open console: gives the next event of its one stream that looks as expected. */
async function openConsole({ url }: TestServer): Promise<Disposable & { untilEvent(expected: RegExp): Promise<void> }> {
  const stop = new AbortController();
  const response = await fetch(`${url}/ui/events`, { signal: stop.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const untilEvent = async (expected: RegExp) => {
    for (let found = expected.exec(text); found === null; found = expected.exec(text)) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`The stream ended after: ${text}`);
      text += value;
    }
    text = text.slice(expected.exec(text)!.index + 1);
  };
  await untilEvent(/event: hello/);
  return { untilEvent, [Symbol.dispose]: () => stop.abort() };
}

const DAGS = "/api/v2/dags";
const HEALTH = "/api/v2/monitor/health";
const EVERYTHING_CHANGED = /event: change\ndata: \{"dag_ids":\[\]\}/;
const ONE_CHANGED = /event: change\ndata: \{"dag_ids":\["taxi"\]\}/;

async function answersAgain(server: TestServer): Promise<void> {
  await until("the web server answers again", async () => (await server.call("GET", DAGS)).status === 200);
}

/** From then on the web server is told what changes. */
async function listens({ database }: TestServer): Promise<void> {
  await until("the web server listens", async () => {
    const { rowCount } = await database.query(
      `select from pg_stat_activity
        where datname = current_database() and application_name = 'daisy-listen' and state = 'idle'
          and query = 'listen daisy_parsed'`,
    );
    return rowCount === 1;
  });
}

test("a web server whose database goes away says so, does not end, and goes on when it is back", async (t) => {
  await using gated = await serveBehindGate();
  const { server, gate, lines } = gated;
  await answersAgain(server);
  await listens(server);
  using browser = await openConsole(server);

  gate.shut();
  const answers = await Promise.all(Array.from({ length: 100 }, () => server.call("GET", DAGS)));
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [503]);
  t.deepEqual(answers[0]!.json, { detail: "The database does not answer" });
  t.is(answers[0]!.headers.get("retry-after"), "1");
  const health = await server.call("GET", HEALTH);
  t.is(health.status, 200);
  t.like(health.json, { metadatabase: { status: "unhealthy" }, scheduler: { status: "unhealthy" } });
  t.is((await server.call("GET", "/")).status, 200, "the console's page comes from a file");

  gate.open();
  await answersAgain(server);
  t.like((await server.call("GET", HEALTH)).json, { metadatabase: { status: "healthy" } });
  // Whoever looks reads everything anew, since nobody knows what was missed.
  await browser.untilEvent(EVERYTHING_CHANGED);
  await notify(server.database, "daisy_view", JSON.stringify({ dagRunId: 1, dagId: "taxi" }));
  await browser.untilEvent(ONE_CHANGED);

  await until("the log says that it is back", async () => lines.some((line) => /database answers again/.test(line)));
  t.deepEqual(
    lines.filter((line) => !/ INFO - | WARNING - The database does not answer \(.*\); trying again/.test(line)),
    [],
  );
  t.true(lines.length < 20, lines.join(""));
});

test("a database that swallows what is sent is noticed, and requests do not wait for ever", async (t) => {
  await using gated = await serveBehindGate();
  const { server, gate } = gated;
  await answersAgain(server);
  await listens(server);
  using browser = await openConsole(server);

  gate.swallow();
  const [dags, health] = await Promise.all([server.call("GET", DAGS), server.call("GET", HEALTH)]);
  t.is(dags.status, 503);
  t.like(health.json, { metadatabase: { status: "unhealthy" } });

  gate.open();
  await answersAgain(server);
  await browser.untilEvent(EVERYTHING_CHANGED);
  await notify(server.database, "daisy_view", JSON.stringify({ dagRunId: 1, dagId: "taxi" }));
  await browser.untilEvent(ONE_CHANGED);
});
