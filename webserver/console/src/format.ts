/** `2019-03-05 19:50:44` in UTC, as everywhere in Airflow. */
export function formatTime(instant: string | Date | null): string {
  if (instant === null) return "";
  return new Date(instant).toISOString().slice(0, 19).replace("T", " ");
}

/** `2019-03-05 19:50`, for where there is little room. */
export function formatMinute(instant: string | Date | null): string {
  return formatTime(instant).slice(0, 16);
}

/** Seconds between two instants; until now when the second has not come. */
export function secondsBetween(start: string | null, end: string | null): number | undefined {
  if (start === null) return undefined;
  return Math.max(0, (new Date(end ?? Date.now()).getTime() - new Date(start).getTime()) / 1000);
}

/** `0.42 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`, `3 d 04 h`. */
export function formatDuration(seconds: number | undefined | null): string {
  if (seconds === undefined || seconds === null) return "";
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${two((seconds % 86_400) / 3600)} h`;
}

/** `35 seconds ago`. */
export function formatAgo(instant: string): string {
  const seconds = Math.max(0, Math.round((Date.now() - new Date(instant).getTime()) / 1000));
  const [count, unit] =
    seconds < 90
      ? [seconds, "second"]
      : seconds < 5400
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 129_600
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

/** `1 task instance`, `2 task instances`. */
export function countInstances(count: number): string {
  return `${count} task ${count === 1 ? "instance" : "instances"}`;
}
