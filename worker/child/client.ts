import type { ConnectionResult, TaskClient } from "#sdk/client.ts";
import { ConnectionNotFoundError, VariableNotFoundError } from "#sdk/errors.ts";
import { describeValue } from "#sdk/json.ts";
import { createAssetClient } from "./asset-client.ts";
import { jsonText } from "./json-text.ts";
import type { Answer, Question } from "./messages.ts";

/** The client that a handler gets: every call is a question to the worker. */
export function createClient(ask: (question: Question) => Promise<Answer>): TaskClient {
  const getVariable = async (key: string) =>
    (await ask({ about: "getVariable", key: filledText("variable key", key) })) as string | null;
  const getConnection = async (connId: string) =>
    (await ask({ about: "getConnection", connId: filledText("connection id", connId) })) as ConnectionResult | null;
  return {
    ...createAssetClient(ask),
    getVariable,
    getConnection,
    async getVariableOrThrow(key) {
      const value = await getVariable(key);
      if (value === null) throw new VariableNotFoundError(key);
      return value;
    },
    async setVariable(key, value, description = null) {
      filledText("variable key", key);
      if (typeof value !== "string") {
        throw new TypeError(`value of variable "${key}" must be a string, not ${describeValue(value)}`);
      }
      await ask({ about: "setVariable", key, value, description });
    },
    async deleteVariable(key) {
      await ask({ about: "deleteVariable", key: filledText("variable key", key) });
    },
    async getConnectionOrThrow(connId) {
      const connection = await getConnection(connId);
      if (connection === null) throw new ConnectionNotFoundError(connId);
      return connection;
    },
    async maskSecret(secret, name = null) {
      await ask({ about: "maskSecret", secret, name });
    },
    async getXCom(opts) {
      filledText("XCom key", opts?.key);
      const text = (await ask({ about: "getXCom", opts })) as string | null;
      return text === null ? null : JSON.parse(text);
    },
    async setXCom({ value, ...opts }) {
      filledText("XCom key", opts.key);
      if (value === undefined) throw new TypeError(`XCom "${opts.key}" must have a value, not undefined`);
      await ask({ about: "setXCom", opts, value: jsonText(value, `XCom "${opts.key}"`) });
    },
  };
}

function filledText(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`${what} must be a non-empty string, not ${describeValue(value)}`);
}
