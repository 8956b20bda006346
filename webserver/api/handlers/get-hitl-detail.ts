import type { HitlDetailAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { hitlOf } from "../hitl-of.ts";
import { showHitl } from "../show/show-hitl.ts";

export const getHitlDetail: Handler = async (call): Promise<HitlDetailAnswer> => {
  const { hitl, taskInstance } = await hitlOf(call);
  return showHitl(hitl, taskInstance);
};
