/** An IANA time zone as written in a DAG, with one spelling for UTC. Throws, naming `label`, for what is none. */
export function readTimezone(label: string, timezone: unknown): string {
  if (typeof timezone === "string") {
    if (timezone.toUpperCase() === "UTC") return "UTC";
    if (isTimezone(timezone)) return timezone;
  }
  throw new Error(`${label} must be a time zone such as "Europe/Zurich", not ${JSON.stringify(timezone)}`);
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
