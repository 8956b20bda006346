import { argNamesOf } from "../arg-names.ts";
import { findNonJson, isPlainObject, type JsonValue } from "../json.ts";

/** A text, or a function of the task's inputs that gives one; it is called when the task asks, and only then. */
export type Text<A, X = string> = X | ((args: A) => X | Promise<X>);

export interface HITLUser {
  readonly id: string;
  readonly name: string;
}

/** A value that the human may change before answering. */
export interface HITLParam {
  readonly value: JsonValue;
  readonly description?: string;
  /** A JSON Schema that the value has to follow. */
  readonly schema?: { readonly [key: string]: JsonValue };
}

/** What `hitl` and `approval` have in common. */
export interface HumanInputSpec<A> {
  /** The question in one line. */
  readonly subject: Text<A>;
  /** What has to be known for an answer; Markdown. */
  readonly body?: Text<A, string | null>;
  /** Who may answer. @default everybody */
  readonly assignedUsers?: readonly HITLUser[];
  readonly params?: Readonly<Record<string, HITLParam>>;
  /** Whole seconds to wait; then the defaults answer, or the task fails. @default no limit */
  readonly responseTimeout?: number;
}

export interface HITLSpec<A = void> extends HumanInputSpec<A> {
  readonly options: readonly string[];
  /** What answers when nobody does in time. */
  readonly defaults?: readonly string[];
  /** Whether several options may be chosen. @default false */
  readonly multiple?: boolean;
}

export interface ApprovalSpec<A = void> extends HumanInputSpec<A> {
  /** What answers when nobody does in time. */
  readonly defaults?: "Approve" | "Reject";
  /** On Reject: whether all tasks after this one are skipped, and not only those directly after it. @default false */
  readonly ignoreDownstreamTriggerRules?: boolean;
  /** On Reject: whether the task fails, instead of skipping what comes after it. @default false */
  readonly failOnReject?: boolean;
}

const SHARED = ["subject", "body", "assignedUsers", "params", "responseTimeout"];
const HITL_KEYS = [...SHARED, "options", "defaults", "multiple"];
const APPROVAL_KEYS = [...SHARED, "defaults", "ignoreDownstreamTriggerRules", "failOnReject"];
const PARAM_KEYS = ["value", "description", "schema"];

const isFilledText = (value: unknown): value is string => typeof value === "string" && value !== "";

/** Checks what `hitl` was given; throws the texts of Airflow's TypeScript SDK. */
export function checkHitlSpec(spec: unknown): asserts spec is HITLSpec<never> {
  checkShared("hitl(...)", spec, HITL_KEYS);
  const { options, defaults, multiple } = spec;
  if (!Array.isArray(options) || options.length === 0) {
    throw new Error('hitl(...) needs "options": a non-empty array of strings');
  }
  if (!options.every(isFilledText)) {
    throw new Error('hitl(...) option "options" holds a value that is not a non-empty string');
  }
  const twice = options.find((option, index) => options.indexOf(option) !== index);
  if (twice !== undefined) throw new Error(`hitl(...) option "options" lists ${JSON.stringify(twice)} twice`);
  checkFlag("hitl(...)", "multiple", multiple);
  if (defaults === undefined) return;
  if (!Array.isArray(defaults) || defaults.length === 0) {
    throw new Error('hitl(...) option "defaults" must be a non-empty array of options');
  }
  const wrong = defaults.findIndex((value) => !options.includes(value));
  if (wrong !== -1) {
    throw new Error(
      `hitl(...) option "defaults" holds ${JSON.stringify(defaults[wrong])}, which is not one of the options ` +
        JSON.stringify(options),
    );
  }
  if (defaults.length > 1 && !multiple) {
    throw new Error(`hitl(...) gives ${defaults.length} defaults, but "multiple" is not set`);
  }
}

/** Checks what `approval` was given. */
export function checkApprovalSpec(spec: unknown): asserts spec is ApprovalSpec<never> {
  checkShared("approval(...)", spec, APPROVAL_KEYS);
  const { defaults, ignoreDownstreamTriggerRules, failOnReject } = spec;
  if (defaults !== undefined && defaults !== "Approve" && defaults !== "Reject") {
    throw new Error('approval(...) option "defaults" must be "Approve" or "Reject"');
  }
  checkFlag("approval(...)", "ignoreDownstreamTriggerRules", ignoreDownstreamTriggerRules);
  checkFlag("approval(...)", "failOnReject", failOnReject);
}

function checkShared(caller: string, spec: unknown, known: readonly string[]): asserts spec is Record<string, unknown> {
  if (!isPlainObject(spec)) throw new Error(`${caller} takes an options object`);
  for (const key of Reflect.ownKeys(spec)) {
    if (!known.includes(key as string)) throw new Error(`Unknown option "${String(key)}" for ${caller}`);
  }
  const { subject, body, responseTimeout, assignedUsers, params } = spec;
  if (typeof subject !== "string" && typeof subject !== "function") {
    throw new Error(`${caller} needs a "subject": a string, or a function returning one`);
  }
  if (subject === "") throw new Error(`${caller} option "subject" cannot be empty`);
  if (body !== undefined && body !== null && typeof body !== "string" && typeof body !== "function") {
    throw new Error(`${caller} option "body" must be a string, or a function returning one`);
  }
  if (responseTimeout !== undefined && !(Number.isSafeInteger(responseTimeout) && (responseTimeout as number) > 0)) {
    throw new Error(`${caller} option "responseTimeout" must be a positive whole number of seconds`);
  }
  checkUsers(caller, assignedUsers);
  checkParams(caller, params);
}

function checkFlag(caller: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new Error(`${caller} option "${name}" must be a boolean`);
}

function checkUsers(caller: string, users: unknown): void {
  if (users === undefined) return;
  if (!Array.isArray(users)) throw new Error(`${caller} option "assignedUsers" must be an array of { id, name }`);
  for (const user of users as unknown[]) {
    if (isPlainObject(user) && isFilledText(user.id) && typeof user.name === "string") continue;
    throw new Error(
      `${caller} option "assignedUsers" holds ${JSON.stringify(user)}; ` +
        "each user is { id, name } with a non-empty string id",
    );
  }
}

function checkParams(caller: string, params: unknown): void {
  if (params === undefined) return;
  if (!isPlainObject(params)) {
    throw new Error(`${caller} option "params" must be an object of { value, ... } by name`);
  }
  // The API takes the chosen options under this name.
  if (Object.hasOwn(params, "_options")) {
    throw new Error(`${caller} option "params": "_options" is not allowed in params`);
  }
  for (const [name, param] of Object.entries(params)) checkParam(`${caller} param "${name}"`, param);
}

function checkParam(label: string, param: unknown): void {
  if (!isPlainObject(param)) throw new Error(`${label} must be an object of { value, ... }`);
  const unknown = Object.keys(param).find((key) => !PARAM_KEYS.includes(key));
  if (unknown !== undefined) throw new Error(`${label} has an unknown key "${unknown}"`);
  if (param.value === undefined) throw new Error(`${label} needs a "value"`);
  if (param.description !== undefined && typeof param.description !== "string") {
    throw new Error(`${label} key "description" must be a string`);
  }
  if (param.schema !== undefined && !isPlainObject(param.schema)) {
    throw new Error(`${label} key "schema" must be a JSON Schema object`);
  }
  const wrong = findNonJson(param);
  if (wrong !== undefined) throw new Error(`${label} holds ${wrong}, which JSON cannot carry`);
}

/** The names that `withArgNames` gave to subject and body, together. */
export function mergeArgNames(
  caller: string,
  { subject, body }: HumanInputSpec<never>,
): Readonly<Record<string, string>> {
  const [ofSubject, ofBody] = [argNamesOf(subject), argNamesOf(body)];
  for (const [name, wireName] of Object.entries(ofSubject)) {
    const other = Object.hasOwn(ofBody, name) ? ofBody[name] : wireName;
    if (other === wireName) continue;
    throw new Error(
      `${caller} maps the input "${name}" to "${wireName}" in its subject and to "${other}" in its body; ` +
        "use one name for it",
    );
  }
  return { ...ofSubject, ...ofBody };
}
