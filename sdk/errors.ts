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

/** Thrown by a sensor whose time is over; the task fails at once, whatever tries are left. */
export class AirflowSensorTimeout extends Error {
  override readonly name = "AirflowSensorTimeout";
}

/** Thrown by a task to give its worker back and start again at a date, within the same try. */
export class AirflowRescheduleException extends Error {
  override readonly name = "AirflowRescheduleException";
  readonly rescheduleDate: Date;
  constructor(rescheduleDate: Date) {
    super(`The task starts again at ${rescheduleDate.toISOString()}`);
    this.rescheduleDate = rescheduleDate;
  }
}

/** A deferred task's trigger could not be kept up. */
export class TaskDeferralError extends Error {
  override readonly name: string = "TaskDeferralError";
}

/** A deferred task's trigger did not fire in time. */
export class TaskDeferralTimeout extends TaskDeferralError {
  override readonly name = "TaskDeferralTimeout";
}
