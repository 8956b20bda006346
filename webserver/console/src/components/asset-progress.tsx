import { Link } from "../router.tsx";

/** How many of the assets that a DAG waits for have been updated since its last run. */
export function AssetProgress({ dagId, ready, total }: { dagId: string; ready: number; total: number }) {
  return (
    <Link href={`/assets?dag_id=${encodeURIComponent(dagId)}`} className="asset-progress">
      {ready} of {total} {total === 1 ? "asset" : "assets"} updated
    </Link>
  );
}
