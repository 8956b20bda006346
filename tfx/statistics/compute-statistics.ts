import type { ColumnSpec } from "../data/columns.ts";
import { type Sql, sqlName } from "../data/duckdb.ts";
import { compareUtf8 } from "../protos/message-type.ts";
import { equalWidthHistogram, quantileFunction, quantilesHistogram } from "./histograms.ts";
import type {
  CommonStatistics,
  DatasetFeatureStatistics,
  FeatureNameStatistics,
  NumericStatistics,
  StringStatistics,
} from "./statistics.ts";
import type { StatsOptions } from "./stats-options.ts";

/** What is looked at: a table of nullable list columns, and the integers that the schema calls categories. */
export interface StatisticsInput {
  /** A SQL table expression. */
  readonly table: string;
  readonly columns: readonly ColumnSpec[];
  readonly isCategorical: (feature: string) => boolean;
}

/**
 * Computes TFDV's statistics of every feature with SQL aggregates. Features come as in TFDV's files: strings first,
 * each group by name.
 */
export async function computeStatistics(
  sql: Sql,
  input: StatisticsInput,
  options: StatsOptions,
): Promise<DatasetFeatureStatistics> {
  const columns = input.columns.filter(({ name }) => options.featureAllowlist?.includes(name) ?? true);
  const { rows, valencies } = await readValencies(sql, input.table, columns);
  const features: FeatureNameStatistics[] = [];
  for (const [index, column] of columns.entries()) {
    const valency = valencies[index]!;
    const feature = { sql, column, valency, options, table: input.table };
    const common_stats = await commonStats(feature, rows);
    features.push(await featureStats(feature, common_stats, input.isCategorical(column.name)));
  }
  return { num_examples: rows, features: features.sort(byKindAndName) };
}

function byKindAndName(a: FeatureNameStatistics, b: FeatureNameStatistics): number {
  const rank = (feature: FeatureNameStatistics) => (feature.type === "STRING" ? 0 : 1);
  return rank(a) - rank(b) || compareUtf8(a.path!.step[0]!, b.path!.step[0]!);
}

/** In how many rows a feature is present, and with how many values. */
interface Valency {
  readonly present: number;
  readonly min: number;
  readonly max: number;
  readonly total: number;
}

interface FeatureQuery {
  readonly sql: Sql;
  readonly table: string;
  readonly column: ColumnSpec;
  readonly valency: Valency;
  readonly options: StatsOptions;
}

async function readValencies(
  sql: Sql,
  table: string,
  columns: readonly ColumnSpec[],
): Promise<{ rows: number; valencies: Valency[] }> {
  const aggregates = columns.map(({ name }, index) => {
    const list = sqlName(name);
    return (
      `{'present': count(${list})::DOUBLE, 'min': coalesce(min(len(${list})), 0)::DOUBLE, ` +
      `'max': coalesce(max(len(${list})), 0)::DOUBLE, 'total': coalesce(sum(len(${list})), 0)::DOUBLE} AS v${index}`
    );
  });
  const [row] = await sql.rows<Record<string, number | Valency>>(
    `SELECT ${["count(*)::DOUBLE AS rows", ...aggregates].join(", ")} FROM ${table}`,
  );
  return { rows: row!.rows as number, valencies: columns.map((_, index) => row![`v${index}`] as Valency) };
}

async function commonStats(
  { sql, table, column, valency, options }: FeatureQuery,
  rows: number,
): Promise<CommonStatistics> {
  const { present, min, max, total } = valency;
  const presence = {
    num_non_missing: present,
    num_missing: rows - present,
    min_num_values: min,
    max_num_values: max,
    tot_num_values: total,
  };
  if (present === 0) return presence;
  const buckets = options.numValuesHistogramBuckets;
  const list = sqlName(column.name);
  const bounds =
    min === max
      ? new Array<number>(buckets + 1).fill(min)
      : await readQuantiles(sql, `SELECT len(${list}) AS x FROM ${table} WHERE ${list} IS NOT NULL`, buckets, present);
  return {
    ...presence,
    avg_num_values: total / present,
    num_values_histogram: quantilesHistogram(bounds, present),
    presence_and_valency_stats: [presence],
  };
}

async function readQuantiles(sql: Sql, values: string, buckets: number, count: number): Promise<number[]> {
  const [row] = await sql.rows<{ quantiles: number[] }>(
    `SELECT list_transform(${quantileFunction("x", buckets, count)}, q -> q::DOUBLE) AS quantiles FROM (${values})`,
  );
  return row!.quantiles;
}

async function featureStats(
  feature: FeatureQuery,
  common_stats: CommonStatistics,
  isCategorical: boolean,
): Promise<FeatureNameStatistics> {
  const { column, valency } = feature;
  const path = { step: [column.name] };
  // TFDV knows no type of what it never saw, and reports a string.
  if (valency.present === 0) return { path, type: "STRING", string_stats: { common_stats } };
  if (column.type === "BYTES") return { path, type: "STRING", string_stats: await stringStats(feature, common_stats) };
  if (column.type === "INT" && isCategorical) {
    return { path, type: "INT", string_stats: await stringStats(feature, common_stats) };
  }
  return { path, type: column.type, num_stats: await numericStats(feature, common_stats) };
}

/** The values of a feature, one a row, as `x`. */
function unnested({ table, column }: FeatureQuery): string {
  return `SELECT unnest(${sqlName(column.name)}) AS x FROM ${table}`;
}

interface NumericRow {
  readonly count: number;
  readonly nan: number;
  readonly zeros: number;
  readonly min: number;
  readonly max: number;
  readonly infinite: number;
  readonly mean: number;
  readonly std_dev: number;
  readonly median: number;
  readonly quantiles: number[];
}

async function numericStats(feature: FeatureQuery, common_stats: CommonStatistics): Promise<NumericStatistics> {
  const { sql, column, valency, options } = feature;
  if (valency.total === 0) return { common_stats };
  const isFloat = column.type === "FLOAT";
  const numbers = isFloat ? "isnan(x)" : "false";
  const infinite = isFloat ? "isinf(x)" : "false";
  const buckets = options.numQuantilesHistogramBuckets;
  const [row] = await sql.rows<NumericRow>(`
    SELECT (count(*) FILTER (NOT nan))::DOUBLE AS count,
      (count(*) FILTER (nan))::DOUBLE AS nan,
      (count(*) FILTER (x = 0))::DOUBLE AS zeros,
      (count(*) FILTER (infinite))::DOUBLE AS infinite,
      (min(x) FILTER (NOT nan))::DOUBLE AS min,
      (max(x) FILTER (NOT nan))::DOUBLE AS max,
      ${isFloat ? "favg(x)" : "avg(x)"} FILTER (NOT nan AND NOT infinite) AS mean,
      stddev_pop(x::DOUBLE) FILTER (NOT nan AND NOT infinite) AS std_dev,
      (${quantileFunction("x", 2, valency.total)} FILTER (NOT nan))[2]::DOUBLE AS median,
      list_transform(${quantileFunction("x", buckets, valency.total)} FILTER (NOT nan), q -> q::DOUBLE) AS quantiles
    FROM (SELECT ${isFloat ? "x::DOUBLE AS x" : "x"}, ${numbers} AS nan, ${infinite} AS infinite FROM (${unnested(feature)}))`);
  const { count, nan, zeros, infinite: infinities, min, max, mean, std_dev, median, quantiles } = row!;
  if (count === 0) {
    return { common_stats, histograms: [{ num_nan: nan, buckets: [], type: "STANDARD" }] };
  }
  const standard = await equalWidthHistogram(sql, unnested(feature), { min, max, count }, options.numHistogramBuckets);
  return {
    common_stats,
    mean: infinities > 0 ? meanWithInfinities(min, max) : mean,
    std_dev: infinities > 0 ? Number.NaN : std_dev,
    num_zeros: zeros,
    min,
    median,
    max,
    histograms: [
      { ...standard, num_nan: nan },
      { ...quantilesHistogram(quantiles, count), num_nan: nan },
    ],
  };
}

function meanWithInfinities(min: number, max: number): number {
  if (min === -Infinity) return max === Infinity ? Number.NaN : -Infinity;
  return Infinity;
}

/** Above this many bytes a value is shown by a placeholder. */
const LARGE_VALUE_BYTES = 1024;

/** How a value is shown; both placeholders are TFDV's. */
const LABEL = `CASE WHEN octet_length(x) > ${LARGE_VALUE_BYTES} THEN '__LARGE_BYTES__'
  ELSE coalesce(TRY(decode(x)), '__BYTES_VALUE__') END`;

async function stringStats(feature: FeatureQuery, common_stats: CommonStatistics): Promise<StringStatistics> {
  const { sql, column, valency, options } = feature;
  if (valency.total === 0) return { common_stats };
  const bytes = column.type === "BYTES" ? "x" : "encode(x::VARCHAR)";
  await sql.run(`CREATE OR REPLACE TEMP TABLE counted AS
    SELECT ${bytes} AS x, count(*) AS n FROM (${unnested(feature)}) GROUP BY x`);
  const [totals] = await sql.rows<{ unique: number; bytes: number; invalid: number }>(
    `SELECT count(*)::DOUBLE AS unique, sum(n * octet_length(x))::DOUBLE AS bytes,
      coalesce(sum(n) FILTER (TRY(decode(x)) IS NULL), 0)::DOUBLE AS invalid FROM counted`,
  );
  const limit = Math.max(options.numTopValues, options.numRankHistogramBuckets);
  const ranked = await sql.rows<{ label: string; n: number }>(
    `SELECT ${LABEL} AS label, sum(n)::DOUBLE AS n FROM counted GROUP BY label ORDER BY n DESC, label DESC LIMIT ${limit}`,
  );
  return {
    common_stats,
    unique: totals!.unique,
    avg_length: totals!.bytes / valency.total,
    invalid_utf8_count: totals!.invalid,
    top_values: ranked.slice(0, options.numTopValues).map(({ label, n }) => ({ value: label, frequency: n })),
    rank_histogram: {
      buckets: ranked.slice(0, options.numRankHistogramBuckets).map(({ label, n }, rank) => {
        return { low_rank: rank, high_rank: rank, label, sample_count: n };
      }),
    },
  };
}
