import type { VariableAnswer } from "../../protocol.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { variableOf } from "../find-or-404.ts";
import { showVariable } from "../show/show-variable.ts";

export const getVariable: Handler = async (call): Promise<VariableAnswer> =>
  showVariable(boxOf(call), await variableOf(call));
