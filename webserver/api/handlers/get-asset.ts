import type { AssetAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { assetOf } from "../find-or-404.ts";
import { showAsset } from "../show/show-asset.ts";

export const getAsset: Handler = async (call): Promise<AssetAnswer> => showAsset(await assetOf(call));
