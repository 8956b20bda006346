/** Which part of a list is wanted, and in what order: names of `order` tables, `-` in front for descending. */
export interface Page<Order extends string = string> {
  readonly limit: number;
  readonly offset: number;
  readonly orderBy: readonly (Order | `-${Order}`)[];
}

/** The conditions of a `where`, joined by `and`, with their values. Values never become part of the text. */
export class SqlConditions {
  readonly values: unknown[] = [];
  readonly #conditions: string[] = [];

  /** Adds a condition in which each `?` stands for the next value. */
  add(condition: string, ...values: readonly unknown[]): void {
    let next = 0;
    const numbered = condition.replaceAll("?", () => {
      this.values.push(values[next++]);
      return `$${this.values.length}`;
    });
    this.#conditions.push(numbered);
  }

  /** Adds Airflow's pattern search: any of the parts between `|` occurs, case aside; `%` and `_` as in LIKE. */
  addPattern(column: string, pattern: string): void {
    const parts = pattern
      .split("|")
      .map((part) => part.trim())
      .filter((part) => part !== "");
    if (parts.length === 0) return;
    // A backslash at the end would escape the closing %, which PostgreSQL refuses.
    this.add(
      `${column} ilike any (?)`,
      parts.map((part) => `%${part.replaceAll("\\", "\\\\")}%`),
    );
  }

  toString(): string {
    return this.#conditions.length === 0 ? "" : `where ${this.#conditions.join(" and ")}`;
  }

  /** `limit` and `offset` for a query whose values are `pageValues`. */
  page(page: Page): string {
    this.#page = [page.limit, page.offset];
    return `limit $${this.values.length + 1} offset $${this.values.length + 2}`;
  }

  /** The values of the conditions and of the page last asked for. */
  get pageValues(): unknown[] {
    return [...this.values, ...this.#page];
  }

  #page: readonly number[] = [];
}

/** An `order by` from names in a table of expressions; the tie-breaker makes pages stable. */
export function orderBy(table: Readonly<Record<string, string>>, names: readonly string[], tieBreaker: string): string {
  const terms = names.map((name) => {
    const descending = name.startsWith("-");
    const expression = table[descending ? name.slice(1) : name];
    if (expression === undefined) throw new Error(`Nothing can be ordered by ${name}`);
    return `${expression} ${descending ? "desc nulls last" : "asc nulls first"}`;
  });
  return `order by ${[...terms, tieBreaker].join(", ")}`;
}
