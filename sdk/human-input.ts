import type { JsonValue } from "./json.ts";

/** What answers in a human's place. */
export interface DefaultAnswer {
  readonly chosen_options: readonly string[];
  readonly params_input: Readonly<Record<string, JsonValue>>;
}

/** What a task that asks a human may do about its question; not part of the client that handlers get. */
export interface HumanInput {
  /** Writes down that the defaults have answered, where people look for open questions. */
  answerByDefault(answer: DefaultAnswer): Promise<void>;
}
