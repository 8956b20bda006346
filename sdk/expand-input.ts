import type { ExpandInput } from "./dag-graph.ts";
import { upstreamsOf } from "./source.ts";

/** The tasks whose results say how many instances there are. */
export function expandUpstreams(expand: ExpandInput): string[] {
  const parts = expand.kind === "dict-of-lists" ? [...expand.lists.values()] : [expand.of];
  return parts.flatMap((part) => (part.kind === "source" ? upstreamsOf(part.source) : []));
}
