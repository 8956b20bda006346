import type { DagRunAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { showRun } from "../show/show-run.ts";

export const getDagRun: Handler = async (call): Promise<DagRunAnswer> => showRun(await runOf(call));
