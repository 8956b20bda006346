import { defineCommand } from "../command.ts";
import { runService, SERVICE_FLAGS } from "../run-service.ts";

const ONE_PROCESS = "the web server is one process that answers without blocking";
const NO_TLS = "put a proxy that speaks TLS in front";

export const command = defineCommand({
  summary: "Start the web server: the console and the REST API",
  longRunning: true,
  flags: {
    port: { short: "-p", type: "number", help: "The port on which to run the server" },
    hostname: { short: "-hn", aliases: ["host"], help: "Set the hostname on which to run the web server" },
    ...SERVICE_FLAGS,
  },
  refused: {
    workers: { short: "-w", reason: ONE_PROCESS },
    workerclass: { short: "-k", reason: ONE_PROCESS },
    worker_timeout: { short: "-t", reason: ONE_PROCESS },
    access_logfile: { short: "-A", reason: "requests are logged with the rest, at level DEBUG" },
    error_logfile: { short: "-E", reason: "use --stderr" },
    ssl_cert: { reason: NO_TLS },
    ssl_key: { reason: NO_TLS },
  },
  async run(input) {
    const { port, hostname: host } = input.flags;
    await runService("webserver", input, async (context) => {
      const { runWebserver } = await import("#webserver/webserver.ts");
      await runWebserver({ ...context, host, port });
    });
  },
});
