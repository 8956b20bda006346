const MOST = 30;

/** A value as Python's `reprlib.repr` writes it: texts in quotes, long ones cut in the middle. */
export function shortRepr(value: string | number | boolean | null): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const whole = quote + value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`) + quote;
  if (whole.length <= MOST) return whole;
  const head = Math.floor((MOST - 3) / 2);
  return `${whole.slice(0, head)}...${whole.slice(whole.length - (MOST - 3 - head))}`;
}
