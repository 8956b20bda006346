import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import type { ConnectionResult } from "#sdk/client.ts";
import { type HttpRequestOptions, httpRequest } from "#sdk/operators/http-request.ts";
import { runOperator } from "./run-operator.ts";

let port = 0;
/** Answers with what it was asked, as JSON, except where the path says otherwise. */
const server = createServer(async (request, response) => {
  if (request.url === "/hang") return;
  if (request.url === "/missing") return answer(response, 404, "no such thing");
  if (request.url === "/broken") return answer(response, 500, "out of order");
  if (request.url === "/moved") return void response.writeHead(302, { location: "/echo" }).end();
  const { method, url, headers } = request;
  answer(response, 200, JSON.stringify({ method, url, headers, body: await readBody(request) }));
});

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status).end(text);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

test.before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ({ port } = server.address() as AddressInfo);
});
test.after.always(() => {
  server.closeAllConnections();
  server.close();
});

const connection = (more: Partial<ConnectionResult> = {}): ConnectionResult => ({
  id: "http_default",
  type: "http",
  host: "127.0.0.1",
  port,
  ...more,
});

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function echo(options: HttpRequestOptions, more?: Partial<ConnectionResult>): Promise<Echo> {
  const operator = httpRequest({ responseFilter: (response) => response.json(), ...options });
  return (await runOperator(operator, { connections: [connection(more)] })) as Echo;
}

const REQUESTS: readonly [title: string, options: HttpRequestOptions, expected: Partial<Echo>][] = [
  ["POST is the default", { endpoint: "a" }, { method: "POST", url: "/a", body: "" }],
  ["a slash is put between host and endpoint once", { endpoint: "/a" }, { url: "/a" }],
  ["data of a GET is the query", { method: "GET", endpoint: "a", data: { b: "c d", e: 1 } }, { url: "/a?b=c+d&e=1" }],
  ["a text of a GET is the query", { method: "GET", endpoint: "a?x=1", data: "b=c" }, { url: "/a?x=1&b=c", body: "" }],
  ["an object is a form", { endpoint: "a", data: { b: "c d" } }, { body: "b=c+d" }],
  ["a text is the body", { method: "PUT", endpoint: "a", data: '{"b":1}' }, { method: "PUT", body: '{"b":1}' }],
  ["redirects are followed", { method: "GET", endpoint: "moved" }, { url: "/echo" }],
];

for (const [title, options, expected] of REQUESTS) {
  test(`httpRequest: ${title}`, async (t) => t.like(await echo(options), expected));
}

test("a connection gives login and headers, and the task's headers win", async (t) => {
  const extra = JSON.stringify({ "x-token": "t", "x-kind": "connection", timeout: 30 });
  const { headers } = await echo(
    { endpoint: "a", headers: { "x-kind": "task" } },
    { login: "daisy", password: "secret", extra },
  );
  t.is(headers.authorization, `Basic ${Buffer.from("daisy:secret").toString("base64")}`);
  t.is(headers["x-token"], "t");
  t.is(headers["x-kind"], "task");
  t.is(headers.timeout, undefined);
});

test("a host with a scheme is the whole base; the schema is the scheme otherwise", async (t) => {
  t.is((await echo({ endpoint: "a" }, { host: `http://127.0.0.1:${port}/base/`, port: null })).url, "/base/a");
  t.is((await echo({ endpoint: "a" }, { schema: "http" })).url, "/a");
});

test("without a connection the endpoint is the whole URL, and the text is the result", async (t) => {
  const operator = httpRequest({ httpConnId: null, method: "GET", endpoint: `http://127.0.0.1:${port}/plain` });
  t.is((JSON.parse((await runOperator(operator)) as string) as Echo).url, "/plain");
});

test("an input of the call wins over the option", async (t) => {
  const operator = httpRequest({ endpoint: "a", responseFilter: (response) => response.json() });
  const result = await runOperator(operator, { connections: [connection()], inputs: { endpoint: "b" } });
  t.is((result as Echo).url, "/b");
});

const FAILURES: readonly [options: HttpRequestOptions, message: string | RegExp, connection?: object][] = [
  [{ endpoint: "missing" }, "404:Not Found"],
  [{ endpoint: "broken" }, "500:Internal Server Error"],
  [{ endpoint: "a", responseCheck: () => false }, "Response check returned False."],
  [{ endpoint: "a", httpConnId: "nothing" }, "Connection not found: nothing"],
  [{ endpoint: "hang", timeout: 0.05 }, /did not answer within 0.05 s/],
  [{ endpoint: "a" }, 'The extra of connection "http_default" must be a JSON object', { extra: "[" }],
  [{ endpoint: "a" }, /has verify false in its extra/, { extra: '{"verify": false}' }],
  [{ endpoint: "a" }, /"ftp:\/\/127.0.0.1:\d+\/a" is no URL/, { schema: "ftp" }],
  [{ endpoint: "a", httpConnId: null }, /"a" is no URL that begins with http/],
];

for (const [options, message, more] of FAILURES) {
  test(`httpRequest fails: ${message}`, async (t) => {
    await t.throwsAsync(runOperator(httpRequest(options), { connections: [connection(more)] }), { message });
  });
}

test("an answer of 404 is a result where the connection's check_response is false", async (t) => {
  const operator = httpRequest({ endpoint: "missing" });
  const connections = [connection({ extra: '{"check_response": false}' })];
  t.is(await runOperator(operator, { connections }), "no such thing");
});

test("an abort ends the request", async (t) => {
  const abort = new AbortController();
  const connections = [connection()];
  const run = runOperator(httpRequest({ endpoint: "hang" }), { connections, signal: abort.signal });
  setImmediate(() => abort.abort(new Error("enough")));
  await t.throwsAsync(run, { message: "enough" });
});

const MISTAKES: readonly [options: unknown, message: string][] = [
  [{}, 'httpRequest(...) needs the option "endpoint"'],
  [
    { endpoint: "a", method: "get" },
    'httpRequest(...) option "method" must be a method in capital letters, such as GET',
  ],
  [
    { endpoint: "a", data: { b: [] } },
    'httpRequest(...) option "data" must be a string, or an object of strings, numbers and booleans; give JSON as a string',
  ],
  [{ endpoint: "a", timeout: 0 }, 'httpRequest(...) option "timeout" must be a positive number of seconds'],
];

for (const [options, message] of MISTAKES) {
  test(`httpRequest refuses: ${message}`, (t) => {
    t.throws(() => httpRequest(options as HttpRequestOptions), { message });
  });
}
