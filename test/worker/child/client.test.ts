import test from "ava";
import type { TaskClient } from "#sdk/index.ts";
import { createClient } from "#worker/child/client.ts";

/** Nothing of what is wrong reaches the worker. */
const client = createClient(async ({ about }) => {
  throw new Error(`${about} was asked`);
});

const WRONG: readonly [title: string, ask: (client: TaskClient) => Promise<unknown>, message: string][] = [
  ["no XCom key", (c) => c.getXCom({} as never), "XCom key must be a non-empty string, not undefined"],
  ["no options of an XCom", (c) => c.getXCom(undefined as never), "XCom key must be a non-empty string, not undefined"],
  [
    "an empty XCom key",
    (c) => c.setXCom({ key: "", value: 1 }),
    'XCom key must be a non-empty string, not the string ""',
  ],
  [
    "an XCom without a value",
    (c) => c.setXCom({ key: "k", value: undefined as never }),
    'XCom "k" must have a value, not undefined',
  ],
  [
    "an XCom that JSON cannot carry",
    (c) => c.setXCom({ key: "k", value: new Date() as never }),
    'XCom "k" holds a Date, which JSON cannot carry; expected strings, finite numbers, booleans, null, arrays and plain objects',
  ],
  [
    "no variable key",
    (c) => c.getVariable(undefined as never),
    "variable key must be a non-empty string, not undefined",
  ],
  [
    "a variable's value that is no text",
    (c) => c.setVariable("k", 5 as never),
    'value of variable "k" must be a string, not the number 5',
  ],
  [
    "a variable to delete without a key",
    (c) => c.deleteVariable("" as never),
    'variable key must be a non-empty string, not the string ""',
  ],
  [
    "a connection without an id",
    (c) => c.getConnectionOrThrow(7 as never),
    "connection id must be a non-empty string, not the number 7",
  ],
];

for (const [title, ask, message] of WRONG) {
  test(`a client refuses ${title}`, async (t) => {
    await t.throwsAsync(async () => ask(client), { instanceOf: TypeError, message });
  });
}
