interface ErrorKind<A extends readonly unknown[]> {
  /** What the REST API answers with. */
  readonly httpStatus: number;
  readonly message: (...args: A) => string;
}

const kind = <A extends readonly unknown[]>(httpStatus: number, message: (...args: A) => string): ErrorKind<A> => ({
  httpStatus,
  message,
});

/**
 * Every mistake that a user or an operator can make and that Daisy names, by its code. A code is for life: the REST
 * API, the command line and the logs show the same one, and docs/errors.md explains each.
 * Texts that Airflow has too are Airflow's to the letter.
 */
export const ERRORS = {
  CONFIG_VALUE: kind(
    500,
    (section: string, key: string, expected: string, got: string, where: string) =>
      `[${section}] ${key} should be ${expected}, but is ${got} (${where})`,
  ),
  CONFIG_SYNTAX: kind(
    500,
    (problem: string, where: string) => `The configuration cannot be read: ${problem} (${where})`,
  ),
  CONFIG_COMMAND: kind(
    500,
    (command: string, code: number | string, output: string, where: string) =>
      `Cannot execute ${command}. Error code is: ${code}. Output: ${output} (${where})`,
  ),
  CONFIG_NO_SECRETS_BACKEND: kind(
    500,
    (where: string) => `${where} asks for a secrets backend, but [secrets] backend names none`,
  ),
  CONFIG_SECRET_NOT_FOUND: kind(
    500,
    (name: string, where: string) => `The secrets backend has no ${name}, which ${where} asks for`,
  ),
  CONFIG_OPTION_NOT_FOUND: kind(
    404,
    (section: string, key: string) => `The option [${section}/${key}] is not found in config.`,
  ),
  DATABASE_NOT_READY: kind(
    503,
    (problem: string) =>
      `The database is not initialised: ${problem}. Run \`airflow db migrate\` (or \`airflow initdb\`)`,
  ),
  DATABASE_IN_USE: kind(
    409,
    (processes: string) =>
      `The database is in use by ${processes}; stop what runs first (a process that was killed counts as running for half a minute)`,
  ),
  DATABASE_UNREACHABLE: kind(503, (reason: string) => `The database cannot be reached: ${reason}`),
  BROKER_REFUSED: kind(
    503,
    (reason: string) => `The Redis of [celery] broker_url refuses its user or password: ${reason}`,
  ),
  BROKER_EVICTS: kind(
    503,
    (limit: number, policy: string) =>
      `The Redis of [celery] broker_url has maxmemory ${limit} and evicts by "${policy}", so it may drop jobs; set its maxmemory-policy to noeviction`,
  ),
  SERVICE_FAILED: kind(503, (service: string, reason: string) => `${service} does not start: ${reason}`),
  LOG_SERVER_OPEN: kind(
    500,
    () =>
      "[logging] worker_log_server_host is set, but [api] secret_key is not: logs are served only to a web server with the same key",
  ),
  TOO_FEW_FILES: kind(
    500,
    (process: string, may: number, needs: number) =>
      `The ${process} may open ${may} files and needs ${needs}: raise the limit (ulimit -n, systemd's LimitNOFILE)`,
  ),
  PORT_IN_USE: kind(
    500,
    (port: number, flag: string) => `Port ${port} is in use by another program; choose another one with ${flag}`,
  ),
  WEBSERVER_NO_LOGIN: kind(
    500,
    () =>
      "[webserver] authenticate is True, but the console cannot log users in yet; to show it to this machine only, " +
      "without a login, set [webserver] authenticate = False (or AIRFLOW__WEBSERVER__AUTHENTICATE=False)",
  ),
  WEBSERVER_OPEN_HOST: kind(
    500,
    (host: string) =>
      `The console asks for no login, so it does not bind to ${host}, where other machines could reach it; ` +
      "set [webserver] web_server_host = 127.0.0.1",
  ),
  DAG_NOT_FOUND: kind(
    404,
    (dagId: string) => `dag_id could not be found: ${dagId}. Either the dag did not exist or it failed to parse.`,
  ),
  DAG_FILE_BROKEN: kind(422, (file: string, problem: string) => `The DAG file ${file} cannot be loaded: ${problem}`),
  DAG_REGEX_NOT_FOUND: kind(
    404,
    (regex: string) =>
      `dag_id could not be found with regex: ${regex}. Either the dag did not exist or it failed to parse.`,
  ),
  DAG_NOT_IN_TABLE: kind(404, (dagId: string) => `DAG: ${dagId} does not exist in 'dag' table`),
  DAG_TO_TRIGGER_NOT_FOUND: kind(404, (dagId: string) => `Dag id ${dagId} not found`),
  DAG_HAS_RUNNING_TASKS: kind(
    409,
    (dagId: string, count: number) =>
      `Task instances of dag with id: '${dagId}' are still running (${count}); wait for them, or mark them first`,
  ),
  RUN_ALREADY_EXISTS: kind(409, (runId: string, dagId: string) => `Run id ${runId} already exists for dag id ${dagId}`),
  RUN_DATE_TAKEN: kind(
    409,
    (dagId: string, date: string, runId: string) =>
      `A Dag Run already exists for dag id ${dagId} at ${date} with run id ${runId}`,
  ),
  RUN_TYPE_NOT_ALLOWED: kind(
    400,
    (dagId: string, type: string) => `Dag with dag_id: '${dagId}' does not allow ${type.replaceAll("_", " ")} runs`,
  ),
  RUN_NOT_FOUND: kind(
    404,
    (dagId: string, run: string) => `DagRun for ${dagId} with run_id or execution_date of '${run}' not found`,
  ),
  RUN_IS_RUNNING: kind(
    409,
    (dagId: string, runId: string) =>
      `The DagRun with dag_id: \`${dagId}\` and run_id: \`${runId}\` cannot be deleted in running state`,
  ),
  RUN_WITHOUT_DATE: kind(
    400,
    (runId: string) => `The run ${runId} has no logical date, so there are no runs before or after it`,
  ),
  MARKERS_TOO_DEEP: kind(
    400,
    (depth: number, taskId: string) =>
      `Maximum recursion depth ${depth} reached for ExternalTaskMarker ${taskId}. Attempted to clear too many tasks or there may be a cyclic dependency.`,
  ),
  MARKER_DATE_INVALID: kind(
    400,
    (taskId: string, date: string) =>
      `The logicalDate of the ExternalTaskMarker ${taskId} should be a date in ISO 8601, but is ${date}`,
  ),
  CLEARS_RUNNING_TASK: kind(
    409,
    () =>
      "AirflowClearRunningTaskException: Disable 'prevent_running_task' to proceed, or wait until the task is not running, queued, or scheduled state.",
  ),
  TASK_NOT_FOUND: kind(404, (taskId: string, dagId: string) => `Task ${taskId} not found in dag ${dagId}`),
  RUN_ID_INVALID: kind(400, (runId: string, expected: string) => `The run id '${runId}' is not allowed: ${expected}`),
  BACKFILL_RUNNING: kind(
    409,
    (dagId: string) => `Another backfill is running for Dag ${dagId}. There can be only one running backfill per Dag.`,
  ),
  BACKFILL_INVALID: kind(422, (problem: string) => problem),
  CONF_INVALID: kind(400, (expected: string, got: string) => `conf should be ${expected}, but is ${got}`),
  DATE_INVALID: kind(
    400,
    (value: string) => `'${value}' is not a date; write one such as 2019-01-01 or 2019-01-01T12:00:00+00:00`,
  ),
  FERNET_KEY_INVALID: kind(
    500,
    (number: number) =>
      `[core] fernet_key should be 32 random bytes in urlsafe base64, or several such keys separated by commas, but key ${number} is not; ` +
      "`openssl rand -base64 32 | tr '+/' '-_'` makes one",
  ),
  FERNET_KEY_WRONG: kind(
    409,
    (what: string) =>
      `${what} cannot be decrypted: it was encrypted with a key that is not in [core] fernet_key; ` +
      "add that key to the end of the list, separated by a comma, or store the value anew",
  ),
  XCOM_NOT_STORED: kind(
    409,
    (key: string, runId: string, dagId: string) =>
      `XCom "${key}" was not stored: there is no run ${runId} of DAG ${dagId}, or this try has ended`,
  ),
  TABLE_NOT_CLEANABLE: kind(
    400,
    (table: string, known: string) => `The table ${table} cannot be cleaned; expected some of ${known}`,
  ),
  IMPERSONATION_FAILED: kind(
    500,
    (user: string, reason: string) => `Tasks cannot run as ${user}, whom [core] default_impersonation names: ${reason}`,
  ),
  SECRETS_BACKEND_INVALID: kind(500, (complaint: string) => complaint),
  SECRETS_BACKEND_FAILED: kind(500, (reason: string) => `The secrets backend failed: ${reason}`),
  FERNET_KEY_MISSING: kind(
    500,
    () =>
      "[core] fernet_key is empty, so there is no key to encrypt with; `openssl rand -base64 32 | tr '+/' '-_'` makes one",
  ),
  TEMPLATE_FAILED: kind(
    400,
    (taskId: string, problem: string) => `A template of task "${taskId}" could not be rendered: ${problem}`,
  ),
  PARAMS_INVALID: kind(400, (problem: string) => problem),
  VARIABLE_NOT_FOUND: kind(404, (key: string) => `Variable ${key} does not exist`),
  VARIABLE_NOT_JSON: kind(400, (key: string) => `The value of the variable ${key} is not JSON`),
  CONNECTION_NOT_FOUND: kind(404, () => "Connection not found."),
  CONNECTION_TO_DELETE_NOT_FOUND: kind(404, (connId: string) => `Did not find a connection with \`conn_id\`=${connId}`),
  CONNECTION_ALREADY_EXISTS: kind(409, (connId: string) => `A connection with \`conn_id\`=${connId} already exists`),
  CONNECTION_INVALID: kind(
    400,
    (connId: string, expected: string) => `The connection ${connId} should be given as ${expected}`,
  ),
  POOL_NOT_FOUND: kind(404, (name: string) => `Pool ${name} does not exist`),
  POOL_INVALID: kind(400, (problem: string) => problem),
  ASSET_UNNAMED: kind(400, (problem: string) => problem),
  ASSET_NOT_FOUND: kind(404, (what: string) => `Asset with ${what} does not exist.`),
  ASSET_AMBIGUOUS: kind(409, (problem: string) => problem),
  ASSET_ALIAS_NOT_FOUND: kind(404, (name: string) => `Asset alias with name ${name} does not exist.`),
  HITL_ANSWERED: kind(
    409,
    (tryId: string) =>
      `Human-in-the-loop detail has already been updated for Task Instance with id ${tryId} and is not allowed to write again.`,
  ),
  HITL_NOT_WAITING: kind(409, () => "The task does not wait for an answer any more"),
  IMPORT_FILE: kind(400, (problem: string) => problem),
} as const;

export type ErrorCode = keyof typeof ERRORS;
type ArgumentsOf<C extends ErrorCode> = (typeof ERRORS)[C] extends ErrorKind<infer A> ? A : never;

/** A mistake of a user or an operator, as opposed to a bug of ours. */
export class DaisyError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = "DaisyError";
  readonly code: C;
  readonly httpStatus: number;
  constructor(code: C, ...args: ArgumentsOf<C>) {
    const { message, httpStatus } = ERRORS[code] as unknown as ErrorKind<ArgumentsOf<C>>;
    super(message(...args));
    this.code = code;
    this.httpStatus = httpStatus;
  }
}
