import { mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { provideTaxiData } from "#setup/taxi-data/provide.ts";

const CITY_TRIP = {
  trip_id: "0001",
  trip_start_timestamp: "2015-09-02T17:45:00.000",
  trip_seconds: "600",
  trip_miles: "1.3",
  pickup_community_area: "8",
  dropoff_community_area: "32",
  fare: "7.65",
  tips: "2",
  tolls: "0",
  payment_type: "Credit Card",
  company: "Smith, Jones & Co",
  pickup_centroid_latitude: "41.899602111",
  pickup_centroid_longitude: "-87.633308037",
};

async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-taxi-"));
  t.teardown(() => rm(folder, { recursive: true }));
  return folder;
}

async function portal(t: ExecutionContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/resource/trips.json`;
}

test("rows of the city's portal arrive in the workshop's columns", async (t) => {
  const to = path.join(await temporaryFolder(t), "taxi_data", "data.csv");
  const asked: string[] = [];
  const url = await portal(t, (request, response) => {
    asked.push(new URL(request.url!, "http://x").searchParams.get("$limit")!);
    response.end(JSON.stringify([CITY_TRIP]));
  });
  const said: string[] = [];
  await provideTaxiData({ to, url, log: (message) => said.push(message) });
  t.deepEqual(asked, ["15000"]);
  t.deepEqual(said, ["Taxi data: 1 trips of the City of Chicago's Taxi Trips data set"]);
  t.is(
    (await readFile(to, "utf8")).split("\n")[1],
    '8,7.65,9,17,4,1441215900,41.899602111,-87.633308037,,,1.3,,,Credit Card,"Smith, Jones & Co",600,32,2',
  );
});

test("without an answer from the portal the trips are made up, and that is said", async (t) => {
  const to = path.join(await temporaryFolder(t), "data.csv");
  const url = await portal(t, (_, response) => response.writeHead(503).end());
  const said: string[] = [];
  await provideTaxiData({ to, url, log: (message) => said.push(message) });
  t.regex(said.join(), /cannot be reached \(127\.0\.0\.1:\d+ answered 503 .*so 15000 made-up trips are used/);
  t.is((await readFile(to, "utf8")).trimEnd().split("\n").length, 15_001);
});

test("a file that is there is kept, unless the user brings one", async (t) => {
  const folder = await temporaryFolder(t);
  const [to, from] = [path.join(folder, "data.csv"), path.join(folder, "mine.csv")];
  await writeFile(to, "old");
  await writeFile(from, "mine");
  await provideTaxiData({ to, log: () => undefined });
  t.is(await readFile(to, "utf8"), "old");
  await provideTaxiData({ to, from, log: () => undefined });
  t.is(await readFile(to, "utf8"), "mine");
});

test("an equal file of the user's leaves the one that is there untouched, so that cached results stay good", async (t) => {
  const folder = await temporaryFolder(t);
  const [to, from] = [path.join(folder, "data.csv"), path.join(folder, "mine.csv")];
  for (const file of [to, from]) await writeFile(file, "same");
  await utimes(to, 1000, 1000);
  await provideTaxiData({ to, from, log: () => undefined });
  t.is((await stat(to)).mtimeMs, 1_000_000);
});

test("a file of the user's that cannot be read is an error that names it", async (t) => {
  const folder = await temporaryFolder(t);
  const from = path.join(folder, "absent.csv");
  await t.throwsAsync(provideTaxiData({ to: path.join(folder, "data.csv"), from, log: () => undefined }), {
    message: /The taxi data .*absent\.csv cannot be read/,
  });
});
