import { createHmac, timingSafeEqual } from "node:crypto";

/** What a token is for, as in Airflow (`airflow/utils/serve_logs`); one that was made for something else is refused. */
const AUDIENCE = "task-instance-logs";
const HASHES: Readonly<Record<string, string>> = { HS256: "sha256", HS512: "sha512" };
/** What Airflow signs with. */
const SIGNING = "HS512";

/**
 * A JSON Web Token that lets its bearer read one log file from a worker.
 * @param secretKey `[api] secret_key`, the same on web server and workers
 * @param seconds for how long it holds
 */
export function signLogToken(secretKey: string, filename: string, seconds: number, now = Date.now()): string {
  const second = Math.floor(now / 1_000);
  const claims = { filename, aud: AUDIENCE, iat: second, nbf: second, exp: second + seconds };
  const signed = [{ alg: SIGNING, typ: "JWT" }, claims].map((part) => encode(JSON.stringify(part))).join(".");
  return `${signed}.${encode(sign(SIGNING, secretKey, signed))}`;
}

/**
 * Why a token does not let its bearer read a file, or undefined when it does.
 * @param leeway seconds by which the clocks of web server and worker may differ
 */
export function refuseLogToken(
  secretKey: string,
  token: string,
  filename: string,
  leeway: number,
  now = Date.now(),
): string | undefined {
  const [header = "", claims = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0 || signature === "") return "it is no JSON Web Token";
  const algorithm = readJson(header)?.alg;
  if (typeof algorithm !== "string" || !Object.hasOwn(HASHES, algorithm)) {
    return `it is signed with something else than ${Object.keys(HASHES).join(" or ")}`;
  }
  const expected = sign(algorithm, secretKey, `${header}.${claims}`);
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return "its signature is wrong: web server and workers must have the same [api] secret_key";
  }
  const { aud, exp, nbf, filename: allowed } = readJson(claims) ?? {};
  const second = now / 1_000;
  if (![aud].flat().includes(AUDIENCE)) return "it was made for something else";
  if (typeof exp !== "number" || exp + leeway < second) return "it has expired: are the clocks of the machines right?";
  if (typeof nbf === "number" && nbf - leeway > second)
    return "it does not hold yet: are the clocks of the machines right?";
  if (allowed !== filename) return "it is for another file";
  return undefined;
}

function sign(algorithm: string, secretKey: string, text: string): Buffer {
  return createHmac(HASHES[algorithm]!, secretKey).update(text).digest();
}

function encode(part: string | Buffer): string {
  return Buffer.from(part).toString("base64url");
}

function readJson(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
