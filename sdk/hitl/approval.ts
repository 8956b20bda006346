import type { DecidingPlace } from "../deciding-place.ts";
import type { Decision } from "../operator.ts";
import { sorted } from "../sorted.ts";
import type { HITLTask } from "./hitl.ts";
import { type HITLResult, humanInput } from "./human-input.ts";
import { type ApprovalSpec, checkApprovalSpec } from "./spec.ts";

const OPTIONS = ["Approve", "Reject"] as const;

/**
 * A task that waits until a human has approved or rejected (Airflow's ApprovalOperator). On Reject the tasks directly
 * after it are skipped and it succeeds without a result; or all after it are, or it fails, as the options say.
 *
 * ```ts
 * dag.task("sign_off", approval({ subject: "Push the model?" }))().before(push);
 * ```
 */
export function approval<A extends object | void = void>(spec: ApprovalSpec<A>): HITLTask<A, HITLResult | undefined> {
  checkApprovalSpec(spec);
  const { defaults, ignoreDownstreamTriggerRules = false, failOnReject = false } = spec as ApprovalSpec<A>;
  return humanInput<A, HITLResult | undefined>(
    spec as ApprovalSpec<A>,
    {
      caller: "approval(...)",
      operatorName: "ApprovalOperator",
      taskIdExample: 'dag.task("sign_off", approval({ subject: "..." }))',
      options: OPTIONS,
      defaults: defaults === undefined ? null : [defaults],
      multiple: false,
    },
    {
      conclude(result) {
        if (failOnReject && isRejected(result)) throw new Error(`Rejected by ${nameOf(result)}`);
        return result;
      },
      decide: (result, place) => goOnOrSkip(result as HITLResult, place, ignoreDownstreamTriggerRules),
    },
  );
}

function goOnOrSkip(result: HITLResult, place: DecidingPlace, skipAll: boolean): Decision {
  if (!isRejected(result)) {
    console.log("Approved. Proceeding with downstream tasks...");
    return { value: result, skipped: [] };
  }
  const after = skipAll ? sorted(place.allAfter(place.taskId)) : place.downstream;
  const skipped = after.filter((id) => !place.isTeardown(id));
  if (skipped.length === 0) {
    console.log("Rejected. No downstream tasks; nothing to do.");
    return { value: result, skipped: [] };
  }
  console.log("Rejected. Skipping downstream tasks");
  return { value: undefined, skipped };
}

function isRejected({ chosen_options: [chosen] }: HITLResult): boolean {
  return chosen === "Reject";
}

function nameOf({ responded_by_user: user }: HITLResult): string {
  return user === null ? "the defaults, because nobody answered in time" : user.name || user.id;
}
