/** Thrown by `getVariableOrThrow` when there is no such variable. */
export class VariableNotFoundError extends Error {
  override readonly name = "VariableNotFoundError";
  readonly key: string;
  constructor(key: string) {
    super(`Variable not found: ${key}`);
    this.key = key;
  }
}

/** Thrown by `getConnectionOrThrow` when there is no such connection. */
export class ConnectionNotFoundError extends Error {
  override readonly name = "ConnectionNotFoundError";
  readonly connId: string;
  constructor(connId: string) {
    super(`Connection not found: ${connId}`);
    this.connId = connId;
  }
}

/** Thrown by a task to end as `skipped`. */
export class AirflowSkipException extends Error {
  override readonly name = "AirflowSkipException";
}

/** Thrown by a task to fail at once, whatever tries are left. */
export class AirflowFailException extends Error {
  override readonly name = "AirflowFailException";
}
