const PLAIN: Readonly<Record<string, string>> = {
  None: "Never, external triggers only",
  Asset: "Triggered by assets",
  "@once": "Once, as soon as possible",
  "@continuous": "As frequently as possible, but only one run at a time.",
  "0 * * * *": "Every hour",
  "0 0 * * *": "At 00:00",
  "0 0 * * 0": "At 00:00, only on Sunday",
  "0 0 1 * *": "At 00:00, on day 1 of the month",
  "0 0 1 */3 *": "At 00:00, on day 1 of the month, every 3 months",
  "0 0 1 1 *": "At 00:00, on day 1 of the month, only in January",
};

const DELTA = /^Delta: (.+)$/;
const ASSET_OR = /^Asset or (.+)$/;
const CRON = /^[\d*]\S*( \S+){4,5}$/;

/** A sentence for a schedule, in Airflow's words where they are few; others describe themselves. */
export function describeTimetable(summary: string): string {
  const delta = DELTA.exec(summary);
  if (delta) return `Every ${delta[1]}`;
  const assetOr = ASSET_OR.exec(summary);
  if (assetOr) return `Triggered by assets or ${describeTimetable(assetOr[1]!)}`;
  return PLAIN[summary] ?? (CRON.test(summary) ? `Cron: ${summary}` : summary);
}
