// A sensor that asks an HTTP endpoint until it has what is waited for: 404 means not yet. So that the example needs no
// network, another of its tasks is the server, which is ready at the third request.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Dag, httpSensor, pokeReturn } from "daisy";

const dag = new Dag("example_http_sensor", { description: "A task waits for an endpoint", tags: ["example"] });

const url = dag.task("pick_url", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}/report`;
})();

dag.task(
  "serve",
  async ({ url }: { url: string }) => {
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      if (asked < 3) response.writeHead(404).end();
      else response.end("ready", () => server.close());
    });
    server.listen(Number(new URL(url).port), "127.0.0.1");
    await once(server, "close");
  },
  { executionTimeout: 60 },
)({ url });

const report = dag.task(
  "wait",
  httpSensor({
    httpConnId: null,
    endpoint: "given by the call below",
    responseCheck: ({ text }) => pokeReturn(true, text),
    pokeInterval: 0.2,
    timeout: 60,
  }),
  { retries: 20, retryDelay: 1 },
)({ endpoint: url });

dag.task("read", async ({ report }: { report: string }) => console.log(`The report is ${report}`))({ report });
