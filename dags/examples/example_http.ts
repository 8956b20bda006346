// A task that calls an HTTP endpoint. So that the example needs no network, another of its tasks is the server; the
// caller tries again until that listens. Usually the endpoint is a path, and a connection says which server.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Dag, httpRequest } from "daisy";

const dag = new Dag("example_http", { description: "One task asks, another one answers", tags: ["example"] });

const url = dag.task("pick_url", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}/rates`;
})();

dag.task(
  "serve",
  async ({ url }: { url: string }) => {
    const server = createServer((_, response) => response.end('{"CHF": 1.05}', () => server.close()));
    server.listen(Number(new URL(url).port), "127.0.0.1");
    await once(server, "close");
  },
  { executionTimeout: 60 },
)({ url });

const fetched = dag.task(
  "fetch",
  httpRequest({
    method: "GET",
    httpConnId: null,
    endpoint: "given by the call below",
    responseCheck: ({ status }) => status === 200,
    responseFilter: (response) => response.json(),
  }),
  { retries: 20, retryDelay: 1 },
)({ endpoint: url });

dag.task("report", async ({ rates }: { rates: { CHF: number } }) => console.log(`One euro is ${rates.CHF} francs`))({
  rates: fetched,
});
