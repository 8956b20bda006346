import { argNamesOf } from "#sdk/arg-names.ts";
import { type Binding, mappedGroupOf } from "#sdk/dag-graph.ts";
import { copyJson } from "#sdk/json.ts";
import { argumentObject } from "./arguments.ts";
import { expandArguments } from "./expand-arguments.ts";
import { LEFT_OUT, openList, type Reader, resultOf } from "./task-lists.ts";

/**
 * The object of arguments that a task's handler receives: what its call named, and what it was expanded over. In a box,
 * because a promise asks what it resolves to for `then`, which might be an argument.
 */
export async function bindArguments(
  reader: Reader,
  signal: AbortSignal,
): Promise<{ readonly args: Readonly<Record<string, unknown>> }> {
  const { bindings = [], expand, run } = reader.node;
  try {
    const bound = await Promise.all(
      bindings.map(async (binding): Promise<[string, unknown]> => [binding.name, await pull(binding, reader)]),
    );
    const expanded = expand === undefined ? [] : await expandArguments(expand, reader);
    if (signal.aborted) {
      throw new Error(`Aborted while resolving this task's arguments from its upstream tasks: ${signal.reason}`);
    }
    const twice = expanded.find(([name]) => bound.some(([other]) => other === name));
    if (twice !== undefined) throw new TypeError(`mapping already partial argument: ${twice[0]}`);
    const values = new Map([...bound, ...expanded]);
    return { args: argumentObject(values, (message) => console.warn(message), argNamesOf(run)) };
  } catch (error) {
    console.error("Cannot bind this task's call arguments");
    throw error;
  }
}

async function pull(binding: Binding, reader: Reader): Promise<unknown> {
  switch (binding.kind) {
    case "literal":
      // A copy: what a handler changes of it, later tries in this process do not see.
      return copyJson(binding.value);
    case "xcom":
      return pullResult(binding.name, binding.taskId, reader);
    case "list":
      return (await openList(binding.source, reader).all()).filter((item) => item !== LEFT_OUT);
    case "group-argument": {
      const [argument] = await expandArguments(binding.group.expand!, reader, [binding.key]);
      if (argument !== undefined) return argument[1];
      throw new Error(`The mapped task group "${binding.group.id}" has no argument "${binding.key}" at this map index`);
    }
  }
}

async function pullResult(name: string, taskId: string, reader: Reader): Promise<unknown> {
  const { mapIndex } = resultOf(reader, taskId);
  if (mapIndex === null) return JSON.parse((await reader.ask({ about: "getItems", taskId, mapIndex })) as string);
  const opts = { key: "return_value", taskId, mapIndex };
  const text = (await reader.ask({ about: "getXCom", opts })) as string | null;
  if (text !== null) return JSON.parse(text);
  // In a mapped group null is not pushed: outside it would count as one of the group's results.
  if (mappedGroupOf(reader.node) !== null && mapIndex !== -1) return null;
  throw new Error(
    `Task argument "${name}" takes the output of upstream task "${taskId}", which pushed no ` +
      "return_value XCom; a task that returns nothing pushes none",
  );
}
