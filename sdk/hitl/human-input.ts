import { type DeferOptions, defer } from "../defer.ts";
import { TaskDeferralTimeout } from "../errors.ts";
import { isPlainObject, type JsonValue } from "../json.ts";
import { type Operator, type OperatorDefinition, operator } from "../operator.ts";
import { getContext, getHumanInput } from "../task-scope.ts";
import { hasTemplate } from "../template-fields.ts";
import { type HITLUser, type HumanInputSpec, mergeArgNames, type Text } from "./spec.ts";

/** What a human has answered; the names are Python's. */
export interface HITLResult {
  chosen_options: string[];
  params_input: Record<string, JsonValue>;
  /** ISO, UTC, with milliseconds. */
  responded_at: string;
  /** Null when the defaults answered. */
  responded_by_user: HITLUser | null;
  /** Whether the defaults answered, because nobody did in time. */
  timedout: boolean;
}

/** What both kinds of task are made from, once their specs are checked. */
interface Question {
  readonly caller: "hitl(...)" | "approval(...)";
  readonly operatorName: string;
  readonly taskIdExample: string;
  readonly options: readonly string[];
  readonly defaults: readonly string[] | null;
  readonly multiple: boolean;
}

/** What happens with the answer. */
type Ending<R> = Pick<OperatorDefinition<never, R>, "decide"> & { readonly conclude: (result: HITLResult) => R };

/**
 * A task that asks a human and waits for the answer without keeping a worker: its first execution writes the question
 * down, and another process goes on with the answer.
 */
export function humanInput<A, R>(
  spec: HumanInputSpec<A>,
  question: Question,
  { conclude, decide }: Ending<R>,
): Operator<A, R> {
  const { caller, operatorName, taskIdExample, defaults } = question;
  const frozen = Object.freeze({ ...spec });
  const templateFields = templatesOf(frozen);
  return operator<A, R, Partial<HumanInputSpec<A>>>({
    operatorName,
    label: "human-in-the-loop",
    taskIdExample,
    executionTimeoutAlternative: "responseTimeout",
    argNames: mergeArgNames(caller, spec as HumanInputSpec<never>),
    ...(hasTemplate(templateFields) && { templateFields }),
    execute: (inputs, fields) => ask({ ...frozen, ...fields }, question, inputs),
    methods: { executeComplete: ({ event }) => conclude(checkAnswer(frozen, question, readAnswer(event))) },
    async onDeferralError(error) {
      if (!(error instanceof TaskDeferralTimeout)) throw error;
      if (defaults === null) throw new Error(`Response timed out: ${error.message}`);
      const answer = defaultAnswer(frozen, defaults);
      await getHumanInput().answerByDefault(answer);
      console.log(`Nobody has answered in time; the defaults do: ${defaults.join(", ")}`);
      return conclude(answer);
    },
    ...(decide !== undefined && { decide }),
  });
}

/** The texts that are written down; what a function gives is no template. */
function templatesOf<A>({ subject, body }: HumanInputSpec<A>): Partial<HumanInputSpec<A>> {
  return { ...(typeof subject === "string" && { subject }), ...(typeof body === "string" && { body }) };
}

async function ask<A>(spec: HumanInputSpec<A>, question: Question, inputs: A): Promise<never> {
  const { taskId } = getContext();
  const subject: unknown = await evaluate(spec.subject, inputs);
  if (typeof subject !== "string" || subject === "") {
    throw new Error(`The subject of task "${taskId}" has to be a non-empty string`);
  }
  const body: unknown = spec.body === undefined ? null : await evaluate(spec.body, inputs);
  if (body !== null && typeof body !== "string") {
    throw new Error(`The body of task "${taskId}" has to be a string or null`);
  }
  const request = {
    subject,
    body,
    options: [...question.options],
    defaults: question.defaults && [...question.defaults],
    multiple: question.multiple,
    params: JSON.parse(JSON.stringify(spec.params ?? {})) as JsonValue,
    assigned_users: (spec.assignedUsers ?? []).map(({ id, name }) => ({ id, name })),
  };
  console.log("Waiting for response");
  const trigger: DeferOptions["trigger"] = { kind: "external", kwargs: { hitl: request } };
  return defer({ trigger, ...(spec.responseTimeout !== undefined && { timeout: spec.responseTimeout }) });
}

function evaluate<A, X>(text: Text<A, X>, inputs: A): X | Promise<X> {
  return typeof text === "function" ? (text as (args: A) => X | Promise<X>)(inputs) : text;
}

function defaultAnswer({ params = {} }: HumanInputSpec<never>, defaults: readonly string[]): HITLResult {
  return {
    chosen_options: [...defaults],
    params_input: Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value])),
    responded_at: new Date().toISOString(),
    responded_by_user: null,
    timedout: true,
  };
}

/** Reads what the task was resumed with. */
function readAnswer(event: JsonValue): HITLResult {
  const answer: Record<string, unknown> = isPlainObject(event) ? event : {};
  const { chosen_options: chosen, params_input: params, responded_at: at, responded_by_user: by } = answer;
  const isRead =
    Array.isArray(chosen) &&
    chosen.every((option) => typeof option === "string") &&
    isPlainObject(params) &&
    typeof at === "string" &&
    (by === null || (isPlainObject(by) && typeof by.id === "string"));
  if (!isRead) throw new Error(`Task resumed with a response it cannot read: ${JSON.stringify(event)}`);
  return {
    chosen_options: chosen as string[],
    params_input: params as Record<string, JsonValue>,
    responded_at: at,
    responded_by_user: by as HITLUser | null,
    timedout: answer.timedout === true,
  };
}

/** The answer was accepted by the API; this is for one that came another way. */
function checkAnswer({ params = {} }: HumanInputSpec<never>, { options }: Question, answer: HITLResult): HITLResult {
  const strange = answer.chosen_options.filter((option) => !options.includes(option));
  if (strange.length > 0) throw new Error(`Responses ${JSON.stringify(strange)} not in ${JSON.stringify(options)}`);
  const [given, wanted] = [Object.keys(answer.params_input), Object.keys(params)];
  if (given.length !== wanted.length || !given.every((name) => wanted.includes(name))) {
    throw new Error(`params_input ${JSON.stringify(given)} does not match params ${JSON.stringify(wanted)}`);
  }
  return answer;
}
