// Tasks that wait for a human: the names of the subpath `hitl` of Airflow's TypeScript SDK.

export { approval } from "./approval.ts";
export { type HITLTask, hitl } from "./hitl.ts";
export type { HITLResult } from "./human-input.ts";
export type { ApprovalSpec, HITLParam, HITLSpec, HITLUser } from "./spec.ts";
