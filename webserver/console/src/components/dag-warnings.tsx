import { useQuery } from "@tanstack/react-query";
import { dagWarnings } from "../queries.ts";

/** What should be looked at of a DAG, though it runs. */
export function DagWarnings({ dagId }: { dagId: string }) {
  const { data } = useQuery(dagWarnings(dagId));
  return (
    <>
      {data?.dag_warnings.map((warning) => (
        <div key={warning.warning_type} className="banner warning dag-warning" role="status">
          {warning.message}
        </div>
      ))}
    </>
  );
}
