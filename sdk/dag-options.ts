import { describeValue, findNonJson, isPlainObject } from "./json.ts";
import type { DagSpec } from "./specs.ts";
import { RUN_TYPES, type RunType } from "./states.ts";

/** Airflow's options of a DAG that Daisy has not, with what to do instead; refused, so that nobody relies on them. */
const UNSUPPORTED_OF_DAG: Readonly<Record<string, string>> = {
  accessControl: "users have the same rights on all DAGs",
  autoRegister: "every DAG that a file constructs is loaded",
  deadline: "use dagrunTimeout, and onFailureCallback or a task's email to be told",
  jinjaEnvironmentKwargs: "use templateUndefined and renderTemplateAsNativeObj",
  slaMissCallback: "Airflow 3 does not call it either; use dagrunTimeout and onFailureCallback",
  userDefinedFilters:
    "templates are rendered in a process that runs no code of DAG files; make the value in a task, and hand it on as its result",
};
/** The same of a task. */
const UNSUPPORTED_OF_TASK: Readonly<Record<string, string>> = {
  executorConfig: "tasks run in processes of Daisy's workers, which a task's queue chooses",
  multipleOutputs: "return an object, and hand it on whole",
  retryPolicy: "use retries, retryDelay and retryExponentialBackoff, and throw AirflowFailException to retry no more",
  runAsUser: "tasks run as the worker's user; start a worker of another user with a queue of its own",
  sla: "Airflow 3 has none either; use executionTimeout",
  taskConcurrency: "use maxActiveTisPerDag",
};

/** @param label such as `Dag "D"` */
export function refuseUnsupportedOfDag(label: string, spec: unknown): void {
  refuse(label, spec, UNSUPPORTED_OF_DAG);
}

/** @param label such as `Dag "D" task "T"` */
export function refuseUnsupportedOfTask(label: string, spec: unknown): void {
  refuse(label, spec, UNSUPPORTED_OF_TASK);
}

function refuse(label: string, spec: unknown, unsupported: Readonly<Record<string, string>>): void {
  if (!isPlainObject(spec)) return;
  const name = Object.keys(spec).find((key) => Object.hasOwn(unsupported, key));
  if (name !== undefined) throw new Error(`${name} of ${label} is not supported: ${unsupported[name]}`);
}

/** Throws unless the names that a DAG defines for templates are plain data. */
export function checkMacros(label: string, spec: unknown): void {
  const macros = isPlainObject(spec) ? spec.userDefinedMacros : undefined;
  if (macros === undefined) return;
  if (!isPlainObject(macros)) {
    throw new Error(`userDefinedMacros for ${label} must be an object, not ${describeValue(macros)}`);
  }
  const wrong = findNonJson(macros);
  if (wrong === undefined) return;
  throw new Error(
    `userDefinedMacros for ${label} hold ${wrong}: they are values that JSON can carry, because templates are rendered ` +
      "in a process that runs no code of DAG files; make the value in a task, and hand it on as its result",
  );
}

/** Links of owners, which graphs and lists show; throws for one that no browser should follow. */
export function serializeOwnerLinks(label: string, { ownerLinks: links }: DagSpec) {
  if (links === undefined) return {};
  if (!isPlainObject(links)) {
    throw new Error(`ownerLinks for ${label} must be an object of links by owner, not ${describeValue(links)}`);
  }
  const wrong = Object.entries(links).find(([, link]) => !isLink(link));
  if (wrong !== undefined) {
    throw new Error(
      `Wrong link format was used for the owner "${wrong[0]}" of ${label}: ${describeValue(wrong[1])}; ` +
        "use an address that begins with https:, http: or mailto:",
    );
  }
  return Object.keys(links).length === 0 ? {} : { owner_links: links };
}

function isLink(link: unknown): boolean {
  return typeof link === "string" && URL.canParse(link) && /^(https?:\/\/|mailto:).+/i.test(link);
}

/** Which kinds of runs a DAG may have; null: all. */
export function serializeRunTypes(label: string, { allowedRunTypes: types }: DagSpec): readonly RunType[] | null {
  if (types === undefined || types === null) return null;
  const wrong = Array.isArray(types) ? types.find((type) => !RUN_TYPES.includes(type)) : types;
  if (Array.isArray(types) && wrong === undefined) return [...new Set(types)];
  throw new Error(
    `allowedRunTypes for ${label} must be an array of run types, not ${describeValue(wrong)}; ` +
      `use some of ${RUN_TYPES.join(", ")}`,
  );
}
