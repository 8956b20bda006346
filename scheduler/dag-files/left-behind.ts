import fs from "node:fs";

/** What ends by itself, and the pipes to the scheduler and to esbuild, are no leftovers of a DAG file. */
const RESOURCES = ["Timeout", "TCPSocketWrap", "TCPServerWrap", "FSEventWrap", "MessagePort", "ProcessWrap"];

/** What everybody's code is made of, and what libraries are known to replace. */
const SHARED: readonly object[] = [
  ...[Object, Function, Array, String, Number, Promise, Map, Set, Date, RegExp, Error, Uint8Array].flatMap((kind) => [
    kind,
    kind.prototype,
  ]),
  JSON,
  Math,
  Reflect,
  console,
  fs,
  fs.promises,
  process,
];
/** What V8, tsx and Node change themselves. */
const CHANGES_BY_ITSELF = new Set(["prepareStackTrace", "stackTraceLimit", "exitCode", "title"]);

type Look = () => unknown;

const LOOKS: Readonly<Record<string, Look>> = {
  "a timer, a socket, a process or a watch": () =>
    process.getActiveResourcesInfo().filter((kind) => RESOURCES.includes(kind)).length,
  "another working directory": () => process.cwd(),
  "a changed environment": () => JSON.stringify(process.env),
  "a listener of the process": () =>
    // Those of the end harm nobody, and esbuild takes one away.
    process
      .eventNames()
      .filter((name) => name !== "exit")
      .reduce((count, name) => count + process.listenerCount(name), 0),
  "names of its own in globalThis": () => Object.getOwnPropertyNames(globalThis).length,
};

/**
 * Remembers how this process is now; the function that it returns tells what a file's code has left behind in it since,
 * by which the next file could be harmed and would be blamed.
 */
export function watchForLeftovers(): () => string[] {
  const before = Object.entries(LOOKS).map(([what, look]) => ({ what, look, value: look() }));
  const shared = SHARED.map((object) => ({ object, values: valuesOf(object) }));
  return () => {
    const left = before.filter(({ look, value }) => look() !== value).map(({ what }) => what);
    const isReplaced = shared.some(({ object, values }) => {
      const now = valuesOf(object);
      return now.size !== values.size || [...values].some(([name, value]) => now.get(name) !== value);
    });
    return isReplaced ? [...left, "something in place of what is built in"] : left;
  };
}

/** The functions that an object has of its own; a getter is not called. */
function valuesOf(object: object): Map<string | symbol, unknown> {
  const values = new Map<string | symbol, unknown>();
  for (const name of Reflect.ownKeys(object)) {
    if (CHANGES_BY_ITSELF.has(String(name))) continue;
    const value = Object.getOwnPropertyDescriptor(object, name)?.value as unknown;
    if (typeof value === "function") values.set(name, value);
  }
  return values;
}
