/** Where ML Metadata's tables live. */
export interface MetadataConnectionConfig {
  /** A PostgreSQL URL. @default the environment variable DAISY_METADATA_URL */
  readonly url?: string;
  /** The PostgreSQL schema that holds the tables; created when absent. @default "mlmd" */
  readonly schema?: string;
}

/** The environment variable that carries the URL to task processes, which see no configuration file. */
export const METADATA_URL_VARIABLE = "DAISY_METADATA_URL";

/** A config with nothing left to default. */
export interface ResolvedMetadataConnection {
  readonly url: string;
  readonly schema: string;
}

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;

/** Fills in the defaults; throws when no URL is given anywhere, or when the schema's name needs quoting. */
export function resolveMetadataConnection(
  config: MetadataConnectionConfig = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedMetadataConnection {
  const url = config.url ?? environment[METADATA_URL_VARIABLE];
  if (!url) {
    throw new Error(
      `No ML Metadata connection: expected metadataConnectionConfig.url or the environment variable ${METADATA_URL_VARIABLE} to name a PostgreSQL database, got neither`,
    );
  }
  const schema = config.schema ?? "mlmd";
  if (!SCHEMA_NAME.test(schema)) {
    throw new Error(
      `metadataConnectionConfig.schema must be lower-case letters, digits and underscores, got ${JSON.stringify(schema)}`,
    );
  }
  return { url, schema };
}
