import type { ClaimedTry } from "#core/database/tries.ts";

/** Who asks the worker something: a try, or callbacks on its behalf. */
export type Asking = Pick<ClaimedTry, "id" | "dagRunId" | "dagVersionId" | "dagId" | "runId" | "taskId" | "mapIndex">;
