import type { Database } from "#core/database/connect.ts";
import { type AssetAliasRow, type AssetRow, listAliases, listAssets } from "#core/database/console-assets.ts";
import { DaisyError } from "#core/errors.ts";

/** An asset as the command line names it. */
export interface AssetName {
  readonly name?: string | undefined;
  readonly uri?: string | undefined;
}

export const ASSET_FLAGS = {
  name: { help: "Asset name" },
  uri: { help: "Asset URI" },
} as const;

/** More than any installation has. */
const EVERYTHING = { limit: 1_000_000, offset: 0, orderBy: ["name"] } as const;

/** All assets by name, inactive ones too. */
export async function allAssets(db: Database, filter: AssetName = {}): Promise<AssetRow[]> {
  return (await listAssets(db, { name: filter.name, uri: filter.uri }, EVERYTHING)).rows;
}

export async function allAliases(db: Database): Promise<AssetAliasRow[]> {
  return (await listAliases(db, {}, EVERYTHING)).rows;
}

/** The one asset that is meant. */
export async function requireAsset(db: Database, asset: AssetName): Promise<AssetRow> {
  const what = describeAsset(asset);
  const [found, another] = await allAssets(db, asset);
  if (found === undefined) throw new DaisyError("ASSET_NOT_FOUND", what);
  if (another !== undefined) throw new DaisyError("ASSET_AMBIGUOUS", `More than one asset exists with ${what}.`);
  return found;
}

/** `name x and URI y`, in Airflow's words. */
export function describeAsset({ name, uri }: AssetName): string {
  if (name === undefined && uri === undefined)
    throw new DaisyError("ASSET_UNNAMED", "Either --name or --uri is required");
  return [name === undefined ? [] : `name ${name}`, uri === undefined ? [] : `URI ${uri}`].flat().join(" and ");
}
