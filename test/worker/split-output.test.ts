import test from "ava";
import fc from "fast-check";
import { ToldSecrets } from "#core/secrets/told-secrets.ts";
import { splitOutput } from "#worker/split-output.ts";

const MARK = "-- mark --";
const MIB = 1024 * 1024;

function collect() {
  const lines: string[] = [];
  let marks = 0;
  const splitter = splitOutput(
    (line) => lines.push(line),
    () => {
      marks += 1;
    },
  );
  return { lines, splitter, marks: () => marks };
}

test("lines come out whole however the text is cut into chunks", (t) => {
  const line = fc.string({ unit: fc.constantFrom("a", "é", " ", "-", "mark"), maxLength: 20 });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 10 }), fc.array(fc.nat(40), { maxLength: 30 }), (written, cuts) => {
      const { lines, splitter, marks } = collect();
      splitter.expect(MARK);
      const text = [...written, MARK, "left over", ""].join("\n");
      let at = 0;
      for (const cut of cuts) {
        splitter.add(text.slice(at, at + cut));
        at += cut;
      }
      splitter.add(text.slice(at));
      t.deepEqual(lines, written);
      t.is(marks(), 1);
    }),
  );
});

test("text that is not ended before the mark is a line, and nothing after the mark is", (t) => {
  const { lines, splitter, marks } = collect();
  splitter.add("before anything is expected\n");
  splitter.expect(MARK);
  splitter.add(`open${MARK}\nlate\nlater`);
  splitter.end();
  t.deepEqual(lines, ["open"]);
  t.is(marks(), 1);
});

test("a stream that ends gives its last line without a line break", (t) => {
  const { lines, splitter } = collect();
  splitter.expect(MARK);
  splitter.add("one\ntwo");
  splitter.end();
  t.deepEqual(lines, ["one", "two"]);
});

test("a long line is not cut within a secret, nor within a URL, however the text is cut into chunks", (t) => {
  const secret = "s3cret-number-one";
  const known = new ToldSecrets();
  known.add(secret);
  fc.assert(
    fc.property(fc.nat(secret.length + 2), fc.integer({ min: 1, max: 200_000 }), (before, chunk) => {
      const lines: string[] = [];
      const splitter = splitOutput(
        (line) => lines.push(known.hide(line)),
        () => undefined,
        () => known,
      );
      splitter.expect(MARK);
      const text = `${"x".repeat(MIB - before)}${secret}${"y".repeat(MIB / 2)} postgres://me:hunter2@db${"z".repeat(MIB)}\n`;
      for (let at = 0; at < text.length; at += chunk) splitter.add(text.slice(at, at + chunk));
      const shown = lines.join("");
      t.is(shown.split("***").length, 3);
      t.notRegex(shown, /s3cret|-one|hunter2/);
    }),
    { numRuns: 10 },
  );
});

test("a line longer than 1 MiB comes in pieces, with nothing lost", (t) => {
  const { lines, splitter, marks } = collect();
  splitter.expect(MARK);
  const long = "x".repeat(2_500_000);
  for (let at = 0; at < long.length; at += 65_536) splitter.add(long.slice(at, at + 65_536));
  splitter.add(`${MARK}\n`);
  t.is(lines.join(""), long);
  t.true(lines.every((line) => line.length <= 1024 * 1024));
  t.is(marks(), 1);
});
