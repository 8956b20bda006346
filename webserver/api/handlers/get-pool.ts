import type { PoolAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { poolOf } from "../find-or-404.ts";
import { showPool } from "../show/show-pool.ts";

export const getPool: Handler = async (call): Promise<PoolAnswer> => showPool(await poolOf(call));
