/** Texts in the order in which Python sorts them: by code points, where JavaScript compares UTF-16 units. */
export function sorted(texts: Iterable<string>): string[] {
  return [...texts].sort(compareCodePoints);
}

function compareCodePoints(one: string, other: string): number {
  for (let at = 0; at < one.length && at < other.length; at++) {
    const difference = one.codePointAt(at)! - other.codePointAt(at)!;
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
