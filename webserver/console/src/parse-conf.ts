/** The configuration of a run as a user writes it, or what is wrong with it. */
export function parseConf(text: string): object | string {
  if (text.trim() === "") return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
    return 'The configuration should be a JSON object, such as {"key": "value"}';
  } catch (error) {
    return `The configuration is no JSON: ${(error as Error).message}`;
  }
}
