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
}
