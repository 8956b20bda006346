// Installs what the npm dependencies do not bring: redis-server, TensorFlow's native library, the built console and,
// for the tests, a browser. Each step looks first and does nothing when all is there.
import { parseArgs } from "node:util";
import { buildConsole } from "./build-console.ts";
import { findChromium } from "./find-chromium.ts";
import { findRedisServer } from "./services/private-redis.ts";
import { installSystemPackage } from "./system-package.ts";
import { installTensorflow } from "./tensorflow/install.ts";

const { values } = parseArgs({ options: { with: { type: "string", multiple: true, default: [] } } });
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

if (findRedisServer() === undefined && !installSystemPackage({ apt: "redis-server", brew: "redis" })) {
  console.log("redis-server is not here and could not be installed: the queue will live in PostgreSQL");
}
await buildConsole();
await installTensorflow({ log: console.log, signal: stop.signal });
if (values.with.includes("chromium") && findChromium() === undefined) {
  if (!installSystemPackage({ apt: "chromium", brew: "chromium" })) {
    console.error("Chromium is not here and could not be installed; the console's tests need it (CHROMIUM_PATH)");
    process.exitCode = 1;
  }
}
