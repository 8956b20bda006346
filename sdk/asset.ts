import type { JsonValue } from "./json.ts";

/** Either the name or the URI may be missing, and is then the other. */
export interface AssetSpec {
  name?: string;
  uri?: string;
  /** What kind of asset it is; lists can be filtered by it. @default "asset" */
  group?: string;
  /** Anything that belongs to the asset, as plain JSON; not to be mixed up with what an event carries. */
  extra?: Readonly<Record<string, JsonValue>>;
}

export type AssetRefSpec = { name: string; uri?: undefined } | { uri: string; name?: undefined };

/** A reference to an asset by its name. */
export class AssetNameRef {
  readonly #name: string;
  constructor(name: string) {
    this.#name = checkPart("name", name);
  }
  get name(): string {
    return this.#name;
  }
}

/** A reference to an asset by its URI. */
export class AssetUriRef {
  readonly #uri: string;
  constructor(uri: string) {
    this.#uri = checkPart("uri", uri);
  }
  get uri(): string {
    return this.#uri;
  }
}

export type AssetRef = AssetNameRef | AssetUriRef;

/** Data that tasks of several DAGs share: a name and a URI, which is kept as written. */
export class Asset {
  readonly #name: string;
  readonly #uri: string;
  readonly group: string;
  readonly extra: Readonly<Record<string, JsonValue>>;

  constructor(spec: AssetSpec) {
    const { name, uri, group = "asset", extra = {} } = spec ?? {};
    if (name === undefined && uri === undefined) throw new TypeError("Asset requires a name or a uri");
    if (name !== undefined) checkPart("name", name);
    if (uri !== undefined) checkPart("uri", uri);
    this.#name = name ?? uri!;
    this.#uri = uri ?? name!;
    this.group = group;
    this.extra = Object.freeze({ ...extra });
  }

  get name(): string {
    return this.#name;
  }

  get uri(): string {
    return this.#uri;
  }

  /** A reference to an asset that is declared elsewhere. */
  static ref(spec: { name: string; uri?: undefined }): AssetNameRef;
  static ref(spec: { uri: string; name?: undefined }): AssetUriRef;
  static ref({ name, uri }: AssetSpec = {}): AssetRef {
    if (name !== undefined && uri !== undefined) {
      throw new TypeError("Asset.ref() takes either a name or a uri, not both");
    }
    if (name !== undefined) return new AssetNameRef(name);
    if (uri !== undefined) return new AssetUriRef(uri);
    throw new TypeError("Asset.ref() requires a name or a uri");
  }
}

function checkPart(part: "name" | "uri", value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new TypeError(`Asset ${part} must be a non-empty string`);
}
