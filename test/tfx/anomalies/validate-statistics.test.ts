import test from "ava";
import { anomaliesType, isBlessed } from "#tfx/anomalies/anomalies.ts";
import { cEscape, sixDigits } from "#tfx/anomalies/description.ts";
import { validateStatistics } from "#tfx/anomalies/validate-statistics.ts";
import type { Feature, Schema } from "#tfx/schema/schema.ts";
import type { FeatureNameStatistics } from "#tfx/statistics/statistics.ts";
import { dataset, floats, integers, strings } from "../helpers/statistics.ts";

const int: Feature = { name: "x", type: "INT" };
const float: Feature = { name: "x", type: "FLOAT" };
const bytes: Feature = { name: "x", type: "BYTES" };
const required = { min_fraction: 1, min_count: 1 };

/** The feature in the schema, its statistics (none: it has no entry), and type, short and long text of the anomaly. */
const anomalous: readonly [Feature | undefined, FeatureNameStatistics | undefined, string, string, string][] = [
  [undefined, integers({}), "SCHEMA_NEW_COLUMN", "New column", "New column (column in data but not in schema)"],
  [
    { ...int, presence: required },
    undefined,
    "SCHEMA_MISSING_COLUMN",
    "Column dropped",
    "Column is completely missing",
  ],
  [
    { ...int, presence: required },
    strings({}, { present: 0, minValues: 0, maxValues: 0 }),
    "FEATURE_TYPE_NOT_PRESENT",
    "Column dropped",
    "The feature was not present in any examples.",
  ],
  [
    { ...int, presence: { min_count: 9 } },
    integers({}, { present: 8 }),
    "FEATURE_TYPE_LOW_NUMBER_PRESENT",
    "Column dropped",
    "The feature was present in fewer examples than expected: minimum count = 9, actual = 8",
  ],
  [
    { ...int, presence: { min_fraction: 0.9 } },
    integers({}, { present: 8 }),
    "FEATURE_TYPE_LOW_FRACTION_PRESENT",
    "Column dropped",
    "The feature was present in fewer examples than expected: minimum fraction = 0.900000, actual = 0.800000",
  ],
  [
    { ...int, value_count: { min: 1, max: 1 } },
    integers({}, { minValues: 0 }),
    "FEATURE_TYPE_LOW_NUMBER_VALUES",
    "Missing values",
    "Some examples have fewer values than expected.",
  ],
  [
    { ...int, value_count: { min: 1, max: 1 } },
    integers({}, { maxValues: 2 }),
    "FEATURE_TYPE_HIGH_NUMBER_VALUES",
    "Superfluous values",
    "Some examples have more values than expected.",
  ],
  [
    { ...int, value_counts: { value_count: [{ min: 1 }, { min: 1 }] } },
    integers({}),
    "VALUE_NESTEDNESS_MISMATCH",
    "Mismatched value nest level",
    "The values have a different nest level than expected. Value counts will not be checked.",
  ],
  [
    { ...int, shape: { dim: [{ size: 1 }] } },
    integers({}, { maxValues: 2 }),
    "INVALID_FEATURE_SHAPE",
    "Feature shape dropped",
    "The feature has a shape, but it's not always present (if the feature is nested, then it should always be present at each nested level) or its value lengths vary.",
  ],
  [
    { ...int, shape: { dim: [{ size: 3 }] } },
    integers({}, { minValues: 2 }),
    "INVALID_FEATURE_SHAPE",
    "Feature shape dropped",
    "The feature has fixed value length 2 but it's not compatible with the specified shape.",
  ],
  [
    { ...bytes, unique_constraints: { min: 1, max: 2 } },
    strings({ a: 1, b: 1, c: 1 }),
    "FEATURE_TYPE_HIGH_UNIQUE",
    "High number of unique values",
    "Expected no more than 2 unique values but found 3.",
  ],
  [int, floats({}), "UNEXPECTED_DATA_TYPE", "Unexpected data type", "Expected data of type: INT but got FLOAT"],
  [bytes, integers({}), "UNEXPECTED_DATA_TYPE", "Unexpected data type", "Expected data of type: BYTES but got INT"],
  [
    { ...bytes, string_domain: { value: ["a"] } },
    strings({ a: 300, "it's": 1, b: 6 }),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
    "Unexpected string values",
    "Examples contain values missing from the schema: b (~1%), it\\'s (<1%). ",
  ],
  [
    { ...bytes, string_domain: { value: ["a"] }, distribution_constraints: { min_domain_mass: 0.9 } },
    strings({ a: 8, b: 2 }),
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
    "Unexpected string values",
    "Examples contain values missing from the schema: b (~20%). ",
  ],
  [
    { ...bytes, string_domain: { value: ["a"] } },
    strings({ a: 9 }, { invalid: 1 }),
    "ENUM_TYPE_INVALID_UTF8",
    "Invalid UTF8 strings",
    "Found strings that were not valid UTF8 strings.",
  ],
  [
    { ...int, int_domain: { min: 1, max: 7 } },
    integers({ min: 0, max: 7 }),
    "INT_TYPE_SMALL_INT",
    "Out-of-range values",
    "Unexpectedly small value: 0.",
  ],
  [
    { ...int, int_domain: { min: 1, max: 7 } },
    integers({ min: 1, max: 1234567 }),
    "INT_TYPE_BIG_INT",
    "Out-of-range values",
    "Unexpectedly large value: 1234567.",
  ],
  [
    { ...bytes, int_domain: {} },
    strings({ "1": 5, two: 5 }),
    "INT_TYPE_NOT_INT_STRING",
    "Invalid values",
    'String values that were not ints were found, such as "two".',
  ],
  [
    { ...float, float_domain: { min: 0, max: 1 } },
    floats({ min: -0.123456789, max: 1 }),
    "FLOAT_TYPE_SMALL_FLOAT",
    "Out-of-range values",
    "Unexpectedly low values: -0.123457<0(upto six significant digits)",
  ],
  [
    { ...float, float_domain: { min: 0, max: 1 } },
    floats({ min: 0, max: 12345678 }),
    "FLOAT_TYPE_BIG_FLOAT",
    "Out-of-range values",
    "Unexpectedly high value: 1.23457e+07>1(upto six significant digits)",
  ],
  [
    { ...float, float_domain: { disallow_nan: true } },
    floats({ min: 0, max: 1 }, { nan: 2 }),
    "FLOAT_TYPE_HAS_NAN",
    "Invalid values",
    "Float feature has NaN values.",
  ],
  [
    { ...float, float_domain: { disallow_inf: true } },
    floats({ min: 0, max: Infinity }),
    "FLOAT_TYPE_HAS_INF",
    "Invalid values",
    "Float feature has Inf values.",
  ],
  [
    { ...int, bool_domain: {} },
    integers({ min: 0, max: 2 }),
    "BOOL_TYPE_BIG_INT",
    "Non-boolean values",
    "Integers (such as 2) not in {0, 1}: converting to an integer.",
  ],
  [
    { ...float, bool_domain: {} },
    floats({ min: 0, max: 0.5 }),
    "BOOL_TYPE_UNEXPECTED_FLOAT",
    "Non-boolean values",
    "Floats (such as 0.5) not in {0, 1}: converting to float_domain.",
  ],
  [
    { ...bytes, bool_domain: { true_value: "yes", false_value: "no" } },
    strings({ yes: 5, maybe: 5 }),
    "BOOL_TYPE_UNEXPECTED_STRING",
    "Non-boolean values",
    'Saw unexpected value "maybe" instead of {"no", "yes"}.',
  ],
  [
    { ...int, domain: "x" },
    integers({}),
    "DOMAIN_INVALID_FOR_TYPE",
    "The domain does not match the type",
    'The domain "domain" does not match the type: INT',
  ],
  [{ ...bytes, domain: "nowhere" }, strings({ a: 1 }), "INVALID_DOMAIN_SPECIFICATION", "missing domain: nowhere", ""],
  [
    { ...int, presence: { min_fraction: 2 } },
    integers({}),
    "INVALID_SCHEMA_SPECIFICATION",
    "min_fraction should not greater than 1",
    "",
  ],
];

function validate(feature: Feature | undefined, statistics: FeatureNameStatistics | undefined) {
  const schema: Schema = feature ? { feature: [feature] } : {};
  return validateStatistics(dataset(statistics ? [statistics] : []), schema);
}

for (const [feature, statistics, type, short, long] of anomalous) {
  test(`${type}: ${long || short}`, (t) => {
    const anomalies = validate(feature, statistics);
    t.deepEqual(anomalies.anomaly_info, {
      x: {
        path: { step: ["x"] },
        severity: "ERROR",
        short_description: short,
        description: long,
        reason: [{ type: type as never, short_description: short, description: long }],
      },
    });
    t.false(isBlessed(anomalies));
    t.notThrows(() => anomaliesType().encode(anomalies));
  });
}

const fitting: readonly [string, Feature, FeatureNameStatistics | undefined][] = [
  ["an optional feature that is not there", { ...int, presence: { min_count: 0 } }, undefined],
  ["a required feature that is deprecated", { ...int, presence: required, lifecycle_stage: "DEPRECATED" }, undefined],
  ["a planned feature of another type", { ...int, lifecycle_stage: "PLANNED" }, floats({})],
  ["values of the domain", { ...bytes, string_domain: { value: ["a", "b"] } }, strings({ a: 3 })],
  [
    "few values off the domain where that is allowed",
    { ...bytes, string_domain: { value: ["a"] }, distribution_constraints: { min_domain_mass: 0.7 } },
    strings({ a: 8, b: 2 }),
  ],
  ["integers within their domain", { ...int, int_domain: { min: 0, max: 7 } }, integers({ min: 0, max: 7 })],
  ["a fixed shape", { ...int, shape: { dim: [{ size: 2 }, { size: 3 }] } }, integers({}, { minValues: 6 })],
  ["NaN where it is not forbidden", { ...float, float_domain: { min: 0 } }, floats({ min: 0, max: 1 }, { nan: 1 })],
];

for (const [what, feature, statistics] of fitting) {
  test(`no anomaly for ${what}`, (t) => {
    const anomalies = validate(feature, statistics);
    t.deepEqual(anomalies.anomaly_info, {});
    t.true(isBlessed(anomalies));
  });
}

test("several reasons are listed, and joined in the description", (t) => {
  const feature = { ...int, presence: required, value_count: { min: 2 } };
  const { anomaly_info } = validate(feature, integers({}, { present: 9 }));
  t.like(anomaly_info!.x, {
    short_description: "Multiple errors",
    description:
      "Some examples have fewer values than expected. " +
      "The feature was present in fewer examples than expected: minimum fraction = 1.000000, actual = 0.900000",
  });
  t.is(anomaly_info!.x!.reason!.length, 2);
});

test("no example at all is missing data, and no feature is checked", (t) => {
  const schema: Schema = { feature: [{ ...int, presence: required }] };
  t.deepEqual(validateStatistics(dataset([], 0), schema), { baseline: schema, data_missing: true });
});

test("a data set smaller or larger than the schema allows is an anomaly of its own", (t) => {
  const check = (constraints: object) => validateStatistics(dataset([]), { dataset_constraints: constraints });
  t.is(check({ min_examples_count: 10, max_examples_count: 10 }).dataset_anomaly_info, undefined);
  t.like(check({ min_examples_count: 11 }).dataset_anomaly_info, {
    short_description: "Low num examples in dataset.",
    description: "The dataset has 10 examples, which is fewer than expected.",
  });
  t.false(isBlessed(check({ max_examples_count: 9 })));
});

test("a feature is checked only in its environments", (t) => {
  const schema: Schema = {
    default_environment: ["TRAINING", "SERVING"],
    feature: [{ ...int, presence: required, not_in_environment: ["SERVING"] }],
  };
  t.deepEqual(validateStatistics(dataset([]), schema, "SERVING").anomaly_info, {});
  t.is(
    validateStatistics(dataset([]), schema, "TRAINING").anomaly_info!.x!.description,
    "Column is completely missing",
  );
  t.is(
    validateStatistics(dataset([integers({})]), schema, "SERVING").anomaly_info!.x!.description,
    "New column x found in data but not in the environment SERVING in the schema.",
  );
  t.throws(() => validateStatistics(dataset([]), schema, "STAGING"), {
    message: "Environment STAGING not found in the schema.",
  });
});

test("two features that share a domain are each checked against it", (t) => {
  const shared = (name: string): Feature => ({ name, type: "BYTES", domain: "d" });
  const schema: Schema = { feature: [shared("a"), shared("b")], string_domain: [{ name: "d", value: ["v"] }] };
  const statistics = dataset([strings({ new: 1 }, { name: "a" }), strings({ new: 1 }, { name: "b" })]);
  t.deepEqual(Object.keys(validateStatistics(statistics, schema).anomaly_info!), ["a", "b"]);
  t.deepEqual(schema.string_domain![0]!.value, ["v"]);
});

test("sparse features are refused, not passed over", (t) => {
  t.throws(() => validateStatistics(dataset([]), { sparse_feature: [{ name: "s" }] }), {
    message: 'The schema has the sparse_feature "s", which cannot be validated yet',
  });
});

test("numbers are shown to six significant digits, as C does", (t) => {
  const shown: readonly [number, string][] = [
    [0, "0"],
    [1234567, "1.23457e+06"],
    [999999.7, "1e+06"],
    [0.00001234, "1.234e-05"],
    [0.0001, "0.0001"],
    [-2.5, "-2.5"],
    [Infinity, "inf"],
  ];
  for (const [value, text] of shown) t.is(sixDigits(value), text);
});

test("values are shown with C's escapes", (t) => {
  t.is(cEscape('a"b\\c\n\u0001ü'), 'a\\"b\\\\c\\n\\001ü');
});
