/** A quantity over time. */
export interface Series {
  /** Seconds since the soak began, and what was measured then. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
  readonly allowance: Allowance;
}

/** How much a quantity may rise over the judged part of a soak: the larger of the two. */
export interface Allowance {
  /** In the quantity's own unit. */
  readonly absolute: number;
  /** As a share of its mean. */
  readonly relative: number;
}

export interface Verdict {
  readonly first: number;
  readonly last: number;
  readonly most: number;
  /** Of the straight line through the judged part. */
  readonly perHour: number;
  /** How much that line rises over the judged part. */
  readonly rise: number;
  readonly allowed: number;
  readonly isFlat: boolean;
}

/** What comes before is warming up: caches fill, pools grow, code is compiled. */
const WARM_UP_SHARE = 1 / 3;

/**
 * Whether a quantity stayed flat: the least-squares line through the last two thirds of the soak rises by no more than
 * is allowed. A fall is fine.
 */
export function judge({ points, allowance }: Series): Verdict {
  const end = points.at(-1)?.[0] ?? 0;
  const judged = points.filter(([seconds]) => seconds >= end * WARM_UP_SHARE);
  const values = judged.map(([, value]) => value);
  const perSecond = slope(judged);
  const rise = perSecond * (end - (judged[0]?.[0] ?? 0));
  const allowed = Math.max(allowance.absolute, allowance.relative * mean(values));
  return {
    first: round(values[0] ?? 0),
    last: round(values.at(-1) ?? 0),
    most: round(values.reduce((most, value) => Math.max(most, value), 0)),
    perHour: round(perSecond * 3_600),
    rise: round(rise),
    allowed: round(allowed),
    isFlat: rise <= allowed,
  };
}

function slope(points: Series["points"]): number {
  const [meanTime, meanValue] = [mean(points.map(([time]) => time)), mean(points.map(([, value]) => value))];
  const spread = points.reduce((sum, [time]) => sum + (time - meanTime) ** 2, 0);
  const common = points.reduce((sum, [time, value]) => sum + (time - meanTime) * (value - meanValue), 0);
  return spread === 0 ? 0 : common / spread;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
