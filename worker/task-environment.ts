import type { AirflowConfig } from "#core/config/options.ts";
import type { TaskUser } from "./task-user.ts";

/** Names the place of ML Metadata to tasks; of the worker's own environment, it is used as it is. */
export const METADATA_URL = "DAISY_METADATA_URL";

/** What task processes see of the worker's environment: enough to find programs, a home, the network's proxies. */
const PASSED_ON = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "NODE_EXTRA_CA_CERTS",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "DAISY_TENSORFLOW",
];

/**
 * The environment of task processes. Configuration, and variables and connections given by environment, are not passed
 * on, but for what the SDK reads there: a task gets those through its client.
 * @param metadataUrl where TFX components keep ML Metadata, when tasks have a login of their own for it
 * @param user as whom tasks run; undefined: as this process does
 */
export function taskEnvironment(
  { home, webserver, operators }: AirflowConfig,
  metadataUrl: string | undefined,
  user: TaskUser | undefined,
  own: NodeJS.ProcessEnv = process.env,
): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]] as const]));
  return {
    ...Object.fromEntries(passed),
    ...(user && { HOME: user.home, USER: user.name, LOGNAME: user.name }),
    AIRFLOW_HOME: home,
    AIRFLOW__API__BASE_URL: webserver.base_url,
    AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE: String(operators.default_deferrable),
    ...(metadataUrl !== undefined && { [METADATA_URL]: metadataUrl }),
    TF_CPP_MIN_LOG_LEVEL: "2",
  };
}
