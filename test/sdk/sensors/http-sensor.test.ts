import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { type HttpSensorOptions, httpSensor } from "#sdk/sensors/http-sensor.ts";
import { pokeReturn } from "#sdk/sensors/poke-return.ts";
import { runOperator } from "../operators/run-operator.ts";

/** A server that answers with the given statuses in turn, and then with the last one again. */
async function serve(...statuses: readonly number[]) {
  let asked = 0;
  const server = createServer((request, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)]!;
    asked += 1;
    response.writeHead(status).end(`${request.method} ${request.url}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    connections: [{ id: "http_default", type: "http", host: "127.0.0.1", port }],
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const wait = (options: Partial<HttpSensorOptions> = {}) =>
  httpSensor({ endpoint: "ready", pokeInterval: 0.01, timeout: 30, ...options });

test("an answer of 404 means not yet, and one below 400 ends the wait", async (t) => {
  await using server = await serve(404, 404, 200);
  t.is(await runOperator(wait(), server), undefined);
  t.is(server.asked(), 3);
});

test("responseCheck says whether the wait is over, and with which result", async (t) => {
  await using server = await serve(200);
  let looks = 0;
  const responseCheck: HttpSensorOptions["responseCheck"] = ({ text }) => {
    looks += 1;
    return looks > 2 && pokeReturn(true, text);
  };
  t.is(await runOperator(wait({ responseCheck }), server), "GET /ready");
  t.is(looks, 3);
});

test("other errors fail the try, except those on the list", async (t) => {
  await using server = await serve(503, 200);
  await t.throwsAsync(runOperator(wait(), server), { message: "503:Service Unavailable" });
  await using patient = await serve(503, 404, 200);
  await runOperator(wait({ responseErrorCodesAllowlist: ["404", "503"] }), patient);
  t.is(patient.asked(), 3);
});

test("an input of the call wins over the option", async (t) => {
  await using server = await serve(200);
  const sensor = wait({ responseCheck: ({ text }) => pokeReturn(true, text) });
  t.is(await runOperator(sensor, { ...server, inputs: { endpoint: "other" } }), "GET /other");
});

test("a deferrable one waits for its next poke without a process, a rescheduling one ends its process", async (t) => {
  await using server = await serve(404);
  for (const [options, name] of [
    [{ deferrable: true }, "TaskDeferred"],
    [{ mode: "reschedule" }, "AirflowRescheduleException"],
    [{ timeout: 0 }, "AirflowSensorTimeout"],
    [{ timeout: 0, softFail: true }, "AirflowSkipException"],
  ] as const) {
    t.is((await t.throwsAsync(runOperator(wait(options), server)))?.name, name);
  }
});
