import { mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { defaultConfig, withConfig } from "#core/config/load.ts";
import { createLog } from "#core/log.ts";
import { signLogToken } from "#core/log-token.ts";
import { until } from "#test/helpers/until.ts";
import { readServedLog } from "#webserver/served-logs.ts";
import { startLogServer } from "#worker/log-server.ts";

const SECRET = "the same everywhere";
const FILE = "dag_id=a/run_id=r:1+x/task_id=t/attempt=1.log";
const log = createLog("worker", "ERROR");

/** A log server on a folder with one log, and a file beside the folder that nobody may read. */
async function startServer(text: string, settings: { secret_key?: string; worker_log_server_host?: string } = {}) {
  const home = await mkdtemp(join(tmpdir(), "daisy-logs-"));
  const folder = join(home, "logs");
  await mkdir(dirname(join(folder, FILE)), { recursive: true });
  await writeFile(join(folder, FILE), text);
  await writeFile(join(home, "airflow.cfg"), "secret");
  await symlink(join(home, "airflow.cfg"), join(folder, "link.log"));
  const { secret_key = SECRET, worker_log_server_host = "127.0.0.1" } = settings;
  const config = defaultConfig({
    logging: { base_log_folder: folder, worker_log_server_host, worker_log_server_port: 0 },
    api: { secret_key },
  });
  const server = await startLogServer(config, log);
  return {
    config,
    folder,
    port: server?.port ?? 0,
    async [Symbol.asyncDispose]() {
      await server?.[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    },
  };
}

const at = (port: number) => ({ hostname: "127.0.0.1", port });

test("a log is read from a worker part by part, whole characters at a time, and is followed as it grows", async (t) => {
  const text = `first\n${"€".repeat(400_000)}\nlast\n`;
  await using server = await startServer(text);
  const parts: string[] = [];
  for (let offset = 0; ; ) {
    const part = await readServedLog(at(server.port), FILE, offset, server.config);
    t.is(part!.size, Buffer.byteLength(text));
    if (part!.text === "") break;
    parts.push(part!.text);
    offset = part!.offset;
  }
  t.is(parts.length, 2);
  t.is(parts.join(""), text);
  await writeFile(join(server.folder, FILE), "more\n", { flag: "a" });
  const { text: more } = (await readServedLog(at(server.port), FILE, Buffer.byteLength(text), server.config))!;
  t.is(more, "more\n");
});

test("what does not exist is told apart from what cannot be read", async (t) => {
  await using server = await startServer("text");
  t.is(await readServedLog(at(server.port), "dag_id=b/attempt=1.log", 0, server.config), undefined);
  const withKey = (secret_key: string) => withConfig(server.config, { api: { secret_key } });
  const stranger = withKey("another");
  await t.throwsAsync(readServedLog(at(server.port), FILE, 0, stranger), { message: /answered 403: .*secret_key/ });
  const keyless = withKey("");
  await t.throwsAsync(readServedLog(at(server.port), FILE, 0, keyless), { message: /secret_key is not set/ });
  await using closed = await startServer("text");
  const { port } = closed;
  await closed[Symbol.asyncDispose]().catch(() => undefined);
  await mkdir(dirname(closed.folder), { recursive: true });
  await t.throwsAsync(readServedLog(at(port), FILE, 0, closed.config), {
    message: /cannot be reached: .*ECONNREFUSED/,
  });
});

test("a worker that never answers is given up", async (t) => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  const config = defaultConfig({ api: { secret_key: SECRET }, webserver: { log_fetch_timeout_sec: 0.1 } });
  await t.throwsAsync(readServedLog(at(port), FILE, 0, config), { message: /cannot be reached/ });
  silent.closeAllConnections();
  silent.close();
});

const REFUSED: readonly { title: string; path: string; filename?: string; token?: null; status: number }[] = [
  { title: "a request without a token", path: `/log/${FILE}`, token: null, status: 403 },
  { title: "another file's token", path: `/log/${FILE}`, filename: "x.log", status: 403 },
  { title: "a way out of the folder", path: "/log/..%2Fairflow.cfg", filename: "../airflow.cfg", status: 404 },
  { title: "an absolute path", path: "/log/%2Fetc%2Fpasswd", filename: "/etc/passwd", status: 404 },
  { title: "a link out of the folder", path: "/log/link.log", filename: "link.log", status: 404 },
  { title: "a folder", path: "/log/dag_id=a", filename: "dag_id=a", status: 404 },
  { title: "the folder itself", path: "/log/.", filename: ".", status: 404 },
  { title: "a name that is none", path: "/log/%E0%A4%A", status: 404 },
  { title: "another address", path: "/", status: 404 },
];

for (const { title, path, filename = FILE, token, status } of REFUSED) {
  test(`nothing is served for ${title}`, async (t) => {
    await using server = await startServer("text");
    const headers: Record<string, string> = token === null ? {} : { authorization: signLogToken(SECRET, filename, 30) };
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers });
    t.is(answer.status, status);
    t.notRegex(await answer.text(), /secret$/);
  });
}

for (const [title, text] of [
  ["all of a log comes", "all of it\n"],
  ["an empty log comes", ""],
] as const) {
  test(`without a range ${title}, as Airflow's web server asks for it`, async (t) => {
    await using server = await startServer(text);
    t.is(await (await download(server.port)).text(), text);
  });
}

(process.platform === "linux" ? test : test.skip)("a download that is cut leaves no file open", async (t) => {
  await using server = await startServer("x".repeat(50_000_000));
  const cut = new AbortController();
  const answer = await download(server.port, cut.signal);
  await answer.body!.getReader().read();
  t.true((await openFiles()).includes(join(server.folder, FILE)));
  cut.abort();
  await until("the log is closed", async () => !(await openFiles()).includes(join(server.folder, FILE)));
});

/** Asks as Airflow's web server does. */
function download(port: number, signal?: AbortSignal): Promise<Response> {
  const headers = { authorization: signLogToken(SECRET, FILE, 30) };
  return fetch(`http://127.0.0.1:${port}/log/${FILE}`, { headers, ...(signal && { signal }) });
}

/** The files that this process has open. */
async function openFiles(): Promise<(string | undefined)[]> {
  const descriptors = await readdir("/proc/self/fd");
  return Promise.all(descriptors.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => undefined)));
}

test("no logs are served unless it is asked for, and none without a key", async (t) => {
  await using off = await startServer("text", { worker_log_server_host: "" });
  t.is(off.port, 0);
  await t.throwsAsync(startServer("text", { secret_key: "" }), { message: /\[api\] secret_key is not/ });
});

test("a second worker of a machine leaves the port to the first", async (t) => {
  await using first = await startServer("text");
  const { logging, ...config } = first.config;
  await using second = await startLogServer(
    { ...config, logging: { ...logging, worker_log_server_port: first.port } },
    log,
  );
  t.is(second!.port, first.port);
});
