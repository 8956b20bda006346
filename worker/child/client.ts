import type { ConnectionResult, TaskClient } from "#sdk/client.ts";
import { ConnectionNotFoundError, VariableNotFoundError } from "#sdk/errors.ts";
import { createAssetClient } from "./asset-client.ts";
import { jsonText } from "./json-text.ts";
import type { Answer, Question } from "./messages.ts";

/** The client that a handler gets: every call is a question to the worker. */
export function createClient(ask: (question: Question) => Promise<Answer>): TaskClient {
  const getVariable = (key: string) => ask({ about: "getVariable", key }) as Promise<string | null>;
  const getConnection = (connId: string) => ask({ about: "getConnection", connId }) as Promise<ConnectionResult | null>;
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
      await ask({ about: "setVariable", key, value, description });
    },
    async deleteVariable(key) {
      await ask({ about: "deleteVariable", key });
    },
    async getConnectionOrThrow(connId) {
      const connection = await getConnection(connId);
      if (connection === null) throw new ConnectionNotFoundError(connId);
      return connection;
    },
    async getXCom(opts) {
      const text = (await ask({ about: "getXCom", opts })) as string | null;
      return text === null ? null : JSON.parse(text);
    },
    async setXCom({ value, ...opts }) {
      await ask({ about: "setXCom", opts, value: jsonText(value, `XCom "${opts.key}"`) });
    },
  };
}
