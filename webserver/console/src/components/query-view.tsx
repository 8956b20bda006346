import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

/** Shows what a query read, or that it is reading, or why it could not. */
export function QueryView<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) {
    return (
      <p className="empty" role="alert">
        {query.error.message}
      </p>
    );
  }
  return <p className="empty loading">Loading…</p>;
}
