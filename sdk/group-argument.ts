import type { GroupNode } from "./dag-graph.ts";
import type { GroupArgument } from "./value-ref.ts";

const ARGUMENT = Symbol.for("airflow.ts-sdk.GroupArgument");

interface Parts {
  readonly group: GroupNode;
  readonly key: string;
}

/** The reference by which tasks of a mapped group name one of its arguments. */
export function groupArgument(group: GroupNode, key: string): GroupArgument {
  return Object.freeze({ [ARGUMENT]: Object.freeze({ group, key }) }) as unknown as GroupArgument;
}

/** The group and the name of the argument that a value refers to; undefined when it is no such reference. */
export function partsOfGroupArgument(value: unknown): Parts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [ARGUMENT]?: Parts })[ARGUMENT];
}
