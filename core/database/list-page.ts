import type { Queryable } from "./connect.ts";
import type { SqlConditions } from "./sql-conditions.ts";

/** Which part of a list is wanted, and in what order: names of `order` tables, `-` in front for descending. */
export interface Page<Order extends string = string> {
  readonly limit: number;
  readonly offset: number;
  readonly orderBy: readonly (Order | `-${Order}`)[];
}

/** The list that a page is cut from. */
export interface List<Order extends string> {
  /** `select … from …`, before the conditions. */
  readonly select: string;
  /** Tables whose rows are counted: what the conditions name. */
  readonly counted: string;
  readonly where: SqlConditions;
  /** What follows the conditions in `select`. */
  readonly groupBy?: string;
  /** Expressions by the names that a page may be ordered by. */
  readonly order: Readonly<Record<Order, string>>;
  /** The last expression to order by; it makes pages stable. */
  readonly tieBreaker: string;
}

/** One page of a list, and how many rows the whole list has. */
export async function listPage<Row extends object, Order extends string>(
  db: Queryable,
  { select, counted, where, groupBy = "", order, tieBreaker }: List<Order>,
  { limit, offset, orderBy: names }: Page<Order>,
): Promise<{ rows: Row[]; total: number }> {
  const next = where.values.length + 1;
  const [{ rows }, count] = await Promise.all([
    db.query<Row>(
      `${select} ${where} ${groupBy} ${orderBy(order, names, tieBreaker)} limit $${next} offset $${next + 1}`,
      [...where.values, limit, offset],
    ),
    db.query<{ total: number }>(`select count(*) as total from ${counted} ${where}`, where.values),
  ]);
  return { rows, total: count.rows[0]!.total };
}

/** An `order by` from names in a table of expressions; the tie-breaker makes pages stable. */
function orderBy(table: Readonly<Record<string, string>>, names: readonly string[], tieBreaker: string): string {
  const terms = names.map((name) => {
    const descending = name.startsWith("-");
    const expression = table[descending ? name.slice(1) : name];
    if (expression === undefined) throw new Error(`Nothing can be ordered by ${name}`);
    return `${expression} ${descending ? "desc nulls last" : "asc nulls first"}`;
  });
  return `order by ${[...terms, tieBreaker].join(", ")}`;
}
