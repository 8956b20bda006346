import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Names a DAG file to a client, so that only files the server told of can be asked for. */
export interface FileTokens {
  create(relativeFileloc: string): string;
  /** The file, or undefined when the token is not one of ours. */
  read(token: string): string | undefined;
}

/** @param secretKey `[api] secret_key`; with an empty one tokens hold until the process ends */
export function createFileTokens(secretKey: string): FileTokens {
  const key = secretKey === "" ? randomBytes(32) : Buffer.from(secretKey);
  const sign = (payload: string) => createHmac("sha256", key).update(`file-token.${payload}`).digest();
  return {
    create(relativeFileloc) {
      const payload = Buffer.from(JSON.stringify({ relative_fileloc: relativeFileloc })).toString("base64url");
      return `${payload}.${sign(payload).toString("base64url")}`;
    },
    read(token) {
      const [payload = "", signature = ""] = token.split(".");
      const given = Buffer.from(signature, "base64url");
      const expected = sign(payload);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      const { relative_fileloc } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, string>;
      return relative_fileloc;
    },
  };
}
