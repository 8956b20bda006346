/** One thing that is wrong with a feature or a data set, in TFDV's words. */
export interface Description {
  readonly type: AnomalyType;
  readonly short: string;
  readonly long: string;
}

/** The kinds of anomaly that are found here (`AnomalyInfo.Type`). */
export type AnomalyType =
  | "BOOL_TYPE_BIG_INT"
  | "BOOL_TYPE_SMALL_INT"
  | "BOOL_TYPE_UNEXPECTED_FLOAT"
  | "BOOL_TYPE_UNEXPECTED_STRING"
  | "DATASET_HIGH_NUM_EXAMPLES"
  | "DATASET_LOW_NUM_EXAMPLES"
  | "DOMAIN_INVALID_FOR_TYPE"
  | "ENUM_TYPE_INVALID_UTF8"
  | "ENUM_TYPE_UNEXPECTED_STRING_VALUES"
  | "FEATURE_MISSING_NAME"
  | "FEATURE_MISSING_TYPE"
  | "FEATURE_TYPE_HIGH_NUMBER_VALUES"
  | "FEATURE_TYPE_HIGH_UNIQUE"
  | "FEATURE_TYPE_LOW_FRACTION_PRESENT"
  | "FEATURE_TYPE_LOW_NUMBER_PRESENT"
  | "FEATURE_TYPE_LOW_NUMBER_VALUES"
  | "FEATURE_TYPE_LOW_UNIQUE"
  | "FEATURE_TYPE_NOT_PRESENT"
  | "FEATURE_TYPE_NO_UNIQUE"
  | "FLOAT_TYPE_BIG_FLOAT"
  | "FLOAT_TYPE_HAS_INF"
  | "FLOAT_TYPE_HAS_NAN"
  | "FLOAT_TYPE_SMALL_FLOAT"
  | "FLOAT_TYPE_STRING_NOT_FLOAT"
  | "INT_TYPE_BIG_INT"
  | "INT_TYPE_NOT_INT_STRING"
  | "INT_TYPE_SMALL_INT"
  | "INVALID_DOMAIN_SPECIFICATION"
  | "INVALID_FEATURE_SHAPE"
  | "INVALID_SCHEMA_SPECIFICATION"
  | "SCHEMA_MISSING_COLUMN"
  | "SCHEMA_NEW_COLUMN"
  | "UNEXPECTED_DATA_TYPE"
  | "VALUE_NESTEDNESS_MISMATCH";

/** A number to six significant digits, as C's `%g` prints it. */
export function sixDigits(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const rounded = Number(value.toPrecision(6));
  const exponent = rounded === 0 ? 0 : Math.floor(Math.log10(Math.abs(rounded)));
  if (exponent >= -4 && exponent < 6) return String(rounded);
  const [digits, power] = rounded.toExponential().split("e") as [string, string];
  return `${digits}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "'": "\\'",
  "\\": "\\\\",
};

/** A string with C's escapes, UTF-8 left as it is. */
export function cEscape(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return text.replace(/[\u0000-\u001f\u007f"'\\]/g, (character) => {
    return ESCAPES[character] ?? `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
  });
}
