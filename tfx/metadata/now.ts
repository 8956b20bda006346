/** ML Metadata's times, milliseconds since the epoch, by the database's clock. */
export const NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
