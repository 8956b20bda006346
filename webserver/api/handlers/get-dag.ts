import type { DagAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { showDag } from "../show/show-dag.ts";

export const getDag: Handler = async (call): Promise<DagAnswer> => showDag(await dagOf(call), call.server.fileTokens);
