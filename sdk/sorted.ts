/** Texts in the order in which Python sorts them: by code points, where JavaScript compares UTF-16 units. */
export function sorted(texts: Iterable<string>): string[] {
  return [...texts].sort(compareCodePoints);
}

function compareCodePoints(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  for (const [index, char] of left.entries()) {
    if (index >= right.length) return 1;
    const difference = char.codePointAt(0)! - right[index]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
