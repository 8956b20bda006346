import { createHmac } from "node:crypto";
import test from "ava";
import { refuseLogToken, signLogToken } from "#core/log-token.ts";

const NOW = Date.UTC(2026, 0, 1);
const FILE = "dag_id=a/run_id=r/task_id=t/attempt=1.log";

/** A token as somebody else may make it. */
function makeToken(claims: object, { key = "secret", alg = "HS256", hash = "sha256" } = {}): string {
  const signed = [{ alg, typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`;
}
const second = NOW / 1_000;
const claims = { filename: FILE, aud: "task-instance-logs", iat: second, nbf: second, exp: second + 30 };

const CASES: readonly { title: string; token: string; filename?: string; refusal?: RegExp; at?: number }[] = [
  { title: "a token of ours is taken", token: signLogToken("secret", FILE, 30, NOW) },
  { title: "one that Airflow signs with HS256 is taken", token: makeToken(claims) },
  { title: "one with HS512 is taken", token: makeToken(claims, { alg: "HS512", hash: "sha512" }) },
  { title: "clocks may differ a little", token: makeToken(claims), at: NOW + 55_000 },
  { title: "an old token is refused", token: makeToken(claims), at: NOW + 61_000, refusal: /has expired/ },
  { title: "one without an end is refused", token: makeToken({ ...claims, exp: undefined }), refusal: /has expired/ },
  { title: "one of the future is refused", token: makeToken({ ...claims, nbf: second + 60 }), refusal: /not hold yet/ },
  {
    title: "another file's token is refused",
    token: makeToken(claims),
    filename: "other.log",
    refusal: /another file/,
  },
  {
    title: "a token for something else is refused",
    token: makeToken({ ...claims, aud: "api" }),
    refusal: /something else/,
  },
  {
    title: "one signed with another key is refused",
    token: makeToken(claims, { key: "guess" }),
    refusal: /same \[api\] secret_key/,
  },
  {
    title: "an unsigned one is refused",
    token: `${makeToken(claims, { alg: "none" }).split(".").slice(0, 2).join(".")}.x`,
    refusal: /signed with something else/,
  },
  { title: "what is no token is refused", token: "Bearer", refusal: /no JSON Web Token/ },
  { title: "what only looks like one is refused", token: "a.b.c", refusal: /signed with something else/ },
];

for (const { title, token, filename = FILE, refusal, at = NOW } of CASES) {
  test(title, (t) => {
    const refused = refuseLogToken("secret", token, filename, 30, at);
    if (refusal === undefined) t.is(refused, undefined);
    else t.regex(refused ?? "", refusal);
  });
}
