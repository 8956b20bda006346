import { randomInt } from "node:crypto";
import { serviceUrl } from "./database.ts";

/** A Redis URL with a key space of the test's own: one of the test server's 10,000 numbered databases. */
export function testRedisUrl(): string {
  const url = serviceUrl("DAISY_TEST_REDIS_URL");
  url.pathname = `/${randomInt(1, 10_000)}`;
  return url.href;
}
