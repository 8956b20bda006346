/**
 * Server settings for connections on which every statement finds its rows by keys, and which run the same few
 * statements all day.
 */
export const KEYED_LOOKUPS = {
  // A plan made while the tables were small would read them whole for as long as it is kept.
  enable_seqscan: "off",
  // Rows pass through the active states in milliseconds and leave dead index entries behind. A plain index scan marks
  // those, so that the next one skips them; a bitmap scan would visit them all until the next vacuum.
  enable_bitmapscan: "off",
  // What is asked for never changes how it is best found, and planning costs more than most of the statements.
  plan_cache_mode: "force_generic_plan",
} as const;
