import test from "ava";
import fc from "fast-check";
import "../../helpers/property-seed.ts";
import { defaultConfig } from "#core/config/load.ts";
import { createLog } from "#core/log.ts";
import { applyMasking } from "#core/secrets/apply-masking.ts";
import { KnownSecrets } from "#core/secrets/known-secrets.ts";
import { jsonWithoutPasswords, maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import { isSensitiveKey } from "#core/secrets/sensitive-names.ts";
import { ToldSecrets } from "#core/secrets/told-secrets.ts";

const URLS: readonly (readonly [text: string, masked: string])[] = [
  ["postgresql://me:hunter2@db:5432/x", "postgresql://me:***@db:5432/x"],
  ["redis://:hunter2@db/0 and amqp://a:b@c", "redis://:***@db/0 and amqp://a:***@c"],
  ['{"url":"https://u:p%40ss@h/"}', '{"url":"https://u:***@h/"}'],
  ["http://localhost:8080/a@b", "http://localhost:8080/a@b"],
  ["see https://example.org: mail me@example.org", "see https://example.org: mail me@example.org"],
  ["mailto:a@b", "mailto:a@b"],
  ["mysql://me:p@ss@w0rd@db/x", "mysql://me:***@db/x"],
  [
    '{"url":"ftp://u:p@h","mail":"me@h"} ftp://u:p@h,you@h',
    '{"url":"ftp://u:***@h","mail":"me@h"} ftp://u:***@h,you@h',
  ],
];

test("passwords in URLs are hidden wherever they stand", (t) => {
  for (const [text, masked] of URLS) t.is(maskText(text), masked);
});

test("a long text without spaces is looked through in no time to speak of", (t) => {
  const text = `a://${"x".repeat(2_000_000)}`;
  t.is(maskText(text), text);
});

test("values are hidden by names, at any depth, and JSON is written without passwords of URLs in any field", (t) => {
  const value = { a: [{ api_key: "k", list_of_tokens: [1, { b: "c" }] }], note: "ftp://u:p@h", empty_password: "" };
  t.deepEqual(maskSecrets(value), {
    a: [{ api_key: "***", list_of_tokens: ["***", { b: "***" }] }],
    note: "ftp://u:***@h",
    empty_password: "",
  });
  t.deepEqual(JSON.parse(jsonWithoutPasswords({ note: 'a "quoted" ftp://u:p@h', date: new Date(0) })), {
    note: 'a "quoted" ftp://u:***@h',
    date: "1970-01-01T00:00:00.000Z",
  });
});

test("a secret that is shorter than those that were known before is found, too", (t) => {
  applyMasking(defaultConfig({ logging: { min_length_masked_secret: 0 } }));
  const known = new KnownSecrets();
  for (const secret of ["hunter", "", "a"]) known.add(secret);
  applyMasking(defaultConfig());
  t.is(known.mask("hunter has a cat"), "*** h***s *** c***t");
});

test("sensitive_var_conn_names adds names, min_length_masked_secret and hide_sensitive_var_conn_fields count", (t) => {
  applyMasking(
    defaultConfig({ core: { sensitive_var_conn_names: "Pin, iban ," }, logging: { min_length_masked_secret: 3 } }),
  );
  t.true(isSensitiveKey("card_PIN") && isSensitiveKey("iban") && isSensitiveKey("http_proxy"));
  t.false(isSensitiveKey("card"));
  const known = new KnownSecrets();
  known.add(["abc", "ab"]);
  t.is(known.mask("ab abc"), "ab ***");
  applyMasking(defaultConfig({ core: { hide_sensitive_var_conn_fields: false } }));
  t.false(isSensitiveKey("password"));
  applyMasking(defaultConfig());
});

test("the configuration's own secrets never stand in a log", (t) => {
  const config = defaultConfig({
    core: { fernet_key: "first-key, second-key" },
    database: { sql_alchemy_conn: "postgresql://airflow:airflow@db/daisy" },
    smtp: { smtp_password: "mail-hunter" },
  });
  applyMasking(config);
  const lines: string[] = [];
  const log = createLog("airflow", "INFO", (line) => lines.push(line));
  log.info("keys second-key and first-key");
  log.error("cannot reach postgresql://airflow:airflow@db/other", new Error("mail-hunter"));
  const text = lines.join("");
  t.notRegex(text, /first-key|second-key|mail-hunter|:airflow@/);
  t.regex(text, /\{airflow\} INFO - keys \*\*\* and \*\*\*/, "a password is hidden in URLs, not as a word");
});

const KEY = "a".repeat(500);
const CASES: readonly (readonly [title: string, told: (secrets: ToldSecrets) => void, text: string, shown: string])[] =
  [
    ["a password", (s) => s.addConnection({ password: "hunter2" }), "it is hunter2.", "it is ***."],
    ["in a URL", (s) => s.addConnection({ password: "hun/ter 2" }), "?p=hun%2Fter%202&q=hun/ter%202", "?p=***&q=***"],
    ["in JSON", (s) => s.add('hun"ter\n2'), JSON.stringify({ a: 'hun"ter\n2' }), '{"a":"***"}'],
    ["lines of a key", (s) => s.add("BEGIN-key\n  AAAAAA\nEND-key"), "AAAAAA then END-key", "*** then ***"],
    [
      "extra by names",
      (s) => s.addConnection({ extra: '{"token":"abcdef","region":"chicago"}' }),
      "abcdef chicago",
      "*** chicago",
    ],
    ["extra that is no JSON", (s) => s.addConnection({ extra: "free text" }), "free text", "free text"],
    ["a variable by its name", (s) => s.addVariable("api_key", "abcdef"), "abcdef", "***"],
    ["all of a JSON variable", (s) => s.addVariable("secret", '{"a":["abcdef"]}'), "abcdef", "***"],
    ["another variable", (s) => s.addVariable("region", "chicago"), "chicago", "chicago"],
    ["what has a plain name", (s) => s.add("chicago", "region"), "chicago", "chicago"],
    ["a short one", (s) => s.add("abcd"), "abcd", "abcd"],
    ["signs of patterns", (s) => s.add("a.c+(d)[e]$"), "a.c+(d)[e]$ abc+(d)[e]$", "*** abc+(d)[e]$"],
    ["two that overlap", (s) => s.add(["hunter", "ter2ter"]), "a hunter2ter b", "a *** b"],
    ["two side by side", (s) => s.add(["hunter", "tiger"]), "huntertiger", "******"],
    ["a long one, and another that begins so", (s) => s.add([KEY, `${KEY}b`]), `${KEY}b ${KEY} aaaaa`, "*** *** aaaaa"],
    ["one within another", (s) => s.add(["hunter", "hunter2"]), "hunter2 hunter", "*** ***"],
  ];

for (const [title, tell, text, shown] of CASES) {
  test(`who was told a secret does not show it: ${title}`, (t) => {
    const secrets = new ToldSecrets();
    tell(secrets);
    t.is(secrets.hide(text), shown);
  });
}

test("thousands of secrets are learned and hidden by going through each text once", (t) => {
  const secrets = Array.from({ length: 20_000 }, (_, at) => `secret ${at} of a variable`);
  const known = new ToldSecrets();
  known.addVariable("secrets", JSON.stringify(secrets));
  for (const each of secrets) t.is(known.mask(each), "***");
  const line = "no secret 1 of a line ".repeat(50_000);
  t.is(known.mask(line), line);
});

test("no text that holds secrets shows one, whatever stands around and however they overlap", (t) => {
  const secret = fc.string({
    unit: fc.constantFrom("a", "b", "é", '"', "\\", "%", "$", "."),
    minLength: 5,
    maxLength: 12,
  });
  const secrets = fc.array(secret, { minLength: 1, maxLength: 5 });
  const pieces = fc.array(fc.oneof(fc.nat(4), fc.string({ maxLength: 4 })), { maxLength: 12 });
  fc.assert(
    fc.property(secrets, pieces, (all, parts) => {
      const known = new ToldSecrets();
      known.add(all);
      const text = parts.map((part) => (typeof part === "number" ? all[part % all.length]! : part)).join("");
      const shown = known.hide(text);
      t.false(
        all.some((each) => shown.includes(each)),
        shown,
      );
      t.false(all.some((each) => known.hide(JSON.stringify({ text })).includes(JSON.stringify(each).slice(1, -1))));
    }),
  );
});
