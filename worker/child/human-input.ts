import type { HumanInput } from "#sdk/human-input.ts";
import type { Answer, Question } from "./messages.ts";

/** The running task's question to a human: every call is a question to the worker. */
export function createHumanInput(ask: (question: Question) => Promise<Answer>): HumanInput {
  return {
    async answerByDefault({ chosen_options, params_input }) {
      await ask({ about: "answerByDefault", answer: { chosen_options, params_input } });
    },
  };
}
