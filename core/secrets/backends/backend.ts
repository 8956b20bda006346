/** A place outside the database that holds secrets; asked before the environment and the database. */
export interface SecretsBackend {
  /** A variable's value, or null when the backend has none. */
  variable(key: string): Promise<string | null>;
  /** A connection as a URI or JSON, or null. */
  connection(connId: string): Promise<string | null>;
  /** What an option's `_SECRET` names, or null. Configuration is read before anything runs, so nobody waits for it. */
  option(name: string): string | null;
}
