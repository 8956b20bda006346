import type { BackfillAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { backfillOf } from "../find-or-404.ts";
import { showBackfill } from "../show/show-backfill.ts";

export const getBackfill: Handler = async (call): Promise<BackfillAnswer> => showBackfill(await backfillOf(call));
