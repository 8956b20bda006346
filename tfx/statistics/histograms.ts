import type { Sql } from "../data/duckdb.ts";
import type { Histogram } from "./statistics.ts";

/** Up to this many values quantiles are exact, since they are held in memory; above, they are estimated. */
const EXACT_QUANTILES_LIMIT = 10_000_000;

/** A SQL aggregate that gives the bounds of buckets which hold equal counts, from the least value to the greatest. */
export function quantileFunction(value: string, buckets: number, count: number): string {
  const positions = Array.from({ length: buckets + 1 }, (_, index) => index / buckets).join(", ");
  const name = count <= EXACT_QUANTILES_LIMIT ? "quantile_disc" : "approx_quantile";
  return `${name}(${value}, [${positions}])`;
}

/** A histogram of buckets that each hold the same share of the count. */
export function quantilesHistogram(bounds: readonly number[], count: number): Histogram {
  const share = count / (bounds.length - 1);
  const buckets = bounds.slice(1).map((high, index) => {
    return { low_value: bounds[index]!, high_value: high, sample_count: share };
  });
  return { type: "QUANTILES", buckets };
}

/**
 * A histogram of equally wide buckets with exact counts; of a single one when all values are the same. With infinities
 * the finite range is divided, and the first and last bucket reach out to them; NaN is not counted.
 * @param values a query that gives the values as `x`
 */
export async function equalWidthHistogram(
  sql: Sql,
  values: string,
  range: { readonly min: number; readonly max: number; readonly count: number },
  buckets: number,
): Promise<Histogram> {
  if (range.min === range.max) {
    return { type: "STANDARD", buckets: [{ low_value: range.min, high_value: range.max, sample_count: range.count }] };
  }
  const { min, max } =
    Number.isFinite(range.min) && Number.isFinite(range.max) ? range : await finiteRange(sql, values);
  const width = (max - min) / buckets;
  const index =
    width > 0 ? `greatest(least(floor((x - ${sqlDouble(min)}) / ${sqlDouble(width)}), ${buckets - 1}), 0)` : "0";
  const rows = await sql.rows<{ bucket: number; n: number }>(
    `SELECT bucket::DOUBLE AS bucket, count(*)::DOUBLE AS n
     FROM (SELECT ${index} AS bucket FROM (SELECT x::DOUBLE AS x FROM (${values})) WHERE NOT isnan(x)) GROUP BY bucket`,
  );
  const counts = new Map(rows.map(({ bucket, n }) => [bucket, n]));
  const bound = (position: number): number => {
    if (position === 0) return range.min;
    return position === buckets ? range.max : min + position * width;
  };
  return {
    type: "STANDARD",
    buckets: Array.from({ length: buckets }, (_, bucket) => {
      return { low_value: bound(bucket), high_value: bound(bucket + 1), sample_count: counts.get(bucket) ?? 0 };
    }),
  };
}

async function finiteRange(sql: Sql, values: string): Promise<{ min: number; max: number }> {
  const [row] = await sql.rows<{ min: number; max: number }>(
    `SELECT coalesce(min(x), 0) AS min, coalesce(max(x), 0) AS max
     FROM (SELECT x::DOUBLE AS x FROM (${values})) WHERE isfinite(x)`,
  );
  return row!;
}

/** A double as SQL takes it back to the last bit. */
function sqlDouble(value: number): string {
  return `${value}::DOUBLE`;
}
