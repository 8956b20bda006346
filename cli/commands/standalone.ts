import { loadConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { pauseFor } from "#core/duty.ts";
import { DaisyError } from "#core/errors.ts";
import { provideEditorFiles } from "#setup/editor-files.ts";
import { migrate } from "#setup/migrate.ts";
import { isPortFree } from "#setup/services/free-port.ts";
import { defineCommand } from "../command.ts";
import { Component } from "../component.ts";
import { type Console, inColour } from "../console.ts";
import { openServices } from "../services.ts";
import { banner } from "../version.ts";

const PORT_FLAG = "-p/--port";
const HEALTH_EVERY_MS = 100;
/** ANSI colours of the parts' names. */
const COLOURS = {
  webserver: "\u001b[36m",
  worker: "\u001b[33m",
  triggerer: "\u001b[34m",
  scheduler: "\u001b[35m",
} as const;
const LONGEST_NAME = Math.max(...Object.keys(COLOURS).map((name) => name.length));

export const command = defineCommand({
  summary: "Run everything in one go: database, queue, scheduler, one worker, a triggerer and the web server",
  longRunning: true,
  flags: { port: { short: "-p", type: "number", help: "The port on which to run the web server" } },
  async run({ console, flags, signal, hard }) {
    const config = await loadConfig({
      flags: flags.port === undefined ? {} : { webserver: { web_server_port: flags.port } },
    });
    const { web_server_host: host, web_server_port: port } = config.webserver;
    console.print(await banner());
    if (!(await isPortFree(port, host))) throw new DaisyError("PORT_IN_USE", port, PORT_FLAG);
    await provideEditorFiles(config);
    const services = await openServices(config, { queue: true });
    try {
      console.print(`Database: PostgreSQL. Queue: ${services.queueEngine}`);
      for (const name of await migrate(services.config.database.sql_alchemy_conn))
        console.print(`Running migration ${name}`);
      if (!signal.aborted) await runParts(config, console, signal, hard);
    } finally {
      await services.release();
      console.print("Stopped");
    }
  },
});

/** Runs scheduler, worker, triggerer and web server, each a process of its own, until the signal aborts; then stops them in order. */
async function runParts(
  { webserver, home }: AirflowConfig,
  console: Console,
  signal: AbortSignal,
  hard: AbortSignal,
): Promise<void> {
  const { web_server_host: host, web_server_port: port } = webserver;
  const part = (name: keyof typeof COLOURS, argv: readonly string[]) =>
    new Component({
      name,
      argv,
      env: { AIRFLOW_HOME: home },
      write: (line) => console.print(`${inColour(process.stdout, COLOURS[name], name.padEnd(LONGEST_NAME))} | ${line}`),
    });
  const scheduler = part("scheduler", ["scheduler"]);
  const worker = part("worker", ["worker"]);
  const triggerer = part("triggerer", ["triggerer"]);
  const web = part("webserver", ["webserver", "--port", String(port)]);
  const parts = [web, worker, triggerer, scheduler];

  let up = false;
  const ended = new AbortController();
  const failed = Promise.all(parts.map((each) => each.start(() => up)));
  const stopping = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const kill = () => {
    for (const each of parts) each.kill();
  };
  hard.addEventListener("abort", kill, { once: true });
  process.once("exit", kill);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  try {
    void untilHealthy(url, AbortSignal.any([signal, ended.signal])).then((healthy) => {
      up = healthy;
      if (healthy) console.print(`\nDaisy is ready: ${url}   (Ctrl-C stops it)`);
    });
    await Promise.race([failed, stopping]);
    console.print(
      "\nStopping the web server, the worker, the triggerer and the scheduler; Ctrl-C again stops them at once",
    );
  } finally {
    ended.abort();
    for (const each of parts) await each.stop();
    process.off("exit", kill);
    await failed.catch(() => undefined);
  }
}

/** Waits until the web server answers and sees a scheduler that is alive; false when the signal aborts before. */
async function untilHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const health = await fetch(`${url}/api/v2/monitor/health`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]),
    })
      .then((answer) => answer.json() as Promise<{ scheduler?: { status?: string } }>)
      .catch(() => undefined);
    if (health?.scheduler?.status === "healthy") return true;
    await pauseFor(HEALTH_EVERY_MS, signal);
  }
  return false;
}
