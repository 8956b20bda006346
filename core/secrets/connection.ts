/** How to reach another system, in the clear. */
export interface Connection {
  readonly id: string;
  readonly type: string;
  readonly description: string | null;
  readonly host: string | null;
  readonly schema: string | null;
  readonly login: string | null;
  readonly password: string | null;
  readonly port: number | null;
  /** JSON, or any other text. */
  readonly extra: string | null;
}

/** What Airflow calls a connection's type: `postgresql` is `postgres`, and `-` in a URI's scheme stands for `_`. */
export function normalizeConnectionType(type: string): string {
  return type === "postgresql" ? "postgres" : type.replaceAll("-", "_");
}
