/**
 * Where a list comes from: one task's result, or results that are changed and put together (Airflow's kinds of
 * XComArg). `U` is how a task is named: by its reference while the file writes it, by its id in the graph.
 */
export type Source<U> =
  | { readonly kind: "xcom"; readonly upstream: U }
  | { readonly kind: "map"; readonly of: Source<U>; readonly change: (item: unknown) => unknown }
  | { readonly kind: "filter"; readonly of: Source<U>; readonly keeps: (item: unknown) => unknown }
  /** As long as the shortest, or with `fill` as the longest. */
  | { readonly kind: "zip"; readonly of: readonly Source<U>[]; readonly fill?: { readonly value: unknown } }
  | { readonly kind: "concat"; readonly of: readonly Source<U>[] };

/** The tasks whose results a list is made of. */
export function upstreamsOf<U>(source: Source<U>): U[] {
  switch (source.kind) {
    case "xcom":
      return [source.upstream];
    case "zip":
    case "concat":
      return source.of.flatMap(upstreamsOf);
    default:
      return upstreamsOf(source.of);
  }
}

/** The same list with its tasks named otherwise. */
export function renameUpstreams<U, V>(source: Source<U>, rename: (upstream: U) => V): Source<V> {
  switch (source.kind) {
    case "xcom":
      return { kind: "xcom", upstream: rename(source.upstream) };
    case "zip":
    case "concat":
      return { ...source, of: source.of.map((part) => renameUpstreams(part, rename)) };
    default:
      return { ...source, of: renameUpstreams(source.of, rename) };
  }
}
