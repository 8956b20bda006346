/** An instant as the API writes it. */
export function showInstant(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}

/** Seconds between two instants; null while one is missing. */
export function showSeconds(start: Date | null, end: Date | null): number | null {
  return start === null || end === null ? null : (end.getTime() - start.getTime()) / 1000;
}
