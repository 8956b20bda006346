import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import { createLog } from "#core/log.ts";
import { runWebserver } from "#webserver/webserver.ts";
import { serve } from "./helpers/serve.ts";

const log = createLog("webserver", "ERROR");
const config = defaultConfig({
  webserver: { authenticate: false },
  database: { sql_alchemy_conn: "postgresql://nobody@127.0.0.1:1/none" },
});

test("a port in use is named, with the flag that changes it", async (t) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const signal = new AbortController().signal;
  await t.throwsAsync(runWebserver({ config, log, signal, port }), { message: new RegExp(`Port ${port} .*--port`) });
  other.close();
});

test("the console is not shown where it would need a login", async (t) => {
  const signal = new AbortController().signal;
  const withLogin = defaultConfig({ webserver: { authenticate: true }, database: config.database });
  await t.throwsAsync(runWebserver({ config: withLogin, log, signal, port: 0 }), { code: "WEBSERVER_NO_LOGIN" });
  for (const host of ["0.0.0.0", "::", "192.168.1.2"]) {
    await t.throwsAsync(runWebserver({ config, log, signal, port: 0, host }), { code: "WEBSERVER_OPEN_HOST" });
  }
});

test("the server shows itself in the table of jobs, and says when it ends", async (t) => {
  await using server = await serve();
  const find = async () =>
    (await server.database.query("select job_type, state, pid from job where job_type = 'WebserverJob'")).rows;
  for (let rows = await find(); rows.length === 0; ) rows = await find();
  t.deepEqual(await find(), [{ job_type: "WebserverJob", state: "running", pid: process.pid }]);
});
