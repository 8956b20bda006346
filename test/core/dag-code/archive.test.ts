import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { bundleDagFile } from "#core/dag-code/bundle.ts";
import { makeZip, type ZipEntry } from "#test/scheduler/dag-files/zip.ts";

const MAIN =
  'import { word } from "./lib/word.js";\nimport data from "./data.json";\nconsole.log(word, data, import.meta.url);\n';
const LIB = 'import { deep } from "../deep";\nexport const word: string = "w" + deep;\n';
const good: readonly ZipEntry[] = [
  { name: "main.ts", text: MAIN },
  { name: "lib/word.ts", text: LIB },
  { name: "deep/index.ts", text: "export const deep = 'd';\n" },
  { name: "data.json", text: '{"a": 1}' },
];

async function bundle(t: { teardown(clean: () => Promise<void>): void }, zip: Buffer, entry = "main.ts") {
  const folder = await mkdtemp(join(tmpdir(), "daisy-archive-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "pack.zip"), zip);
  await writeFile(join(folder, "outside.ts"), "export const word = 'secret';\n");
  return bundleDagFile(join(folder, "pack.zip", entry), folder);
}

test("modules of an archive import each other, by every name that a folder's could", async (t) => {
  const { bundle: code, source, inputs } = await bundle(t, makeZip(good));
  t.is(source, MAIN);
  t.regex(code, /"w" \+ deep/);
  t.regex(code, /pack\.zip\/main\.ts"/);
  t.deepEqual(inputs.map((input) => input.replace(/.*pack\.zip\//, "")).sort(), [
    "data.json",
    "deep/index.ts",
    "lib/word.ts",
    "main.ts",
  ]);
});

const BOMB = Buffer.alloc(17 * 1024 * 1024, 32);
const REFUSED: readonly { title: string; zip: readonly ZipEntry[] | Buffer; expected: RegExp }[] = [
  {
    title: "an import that leads out of the archive",
    zip: [{ name: "main.ts", text: 'import "../outside.ts";\n' }],
    expected: /^pack\.zip\/main\.ts:1: "\.\.\/outside\.ts" leads out of the archive/,
  },
  {
    title: "an import of what the archive does not have",
    zip: [{ name: "main.ts", text: '\nimport "./nothing";\n' }],
    expected: /^pack\.zip\/main\.ts:2: Could not resolve "\.\/nothing": the archive has no nothing/,
  },
  {
    title: "a syntax error",
    zip: [
      { name: "main.ts", text: 'import "./lib/word.ts";\n' },
      { name: "lib/word.ts", text: "\n\nlet = ;\n" },
    ],
    expected: /^pack\.zip\/lib\/word\.ts:3: /,
  },
  {
    title: "text that is not UTF-8",
    zip: [{ name: "main.ts", text: Buffer.from("// caf\xe9\n", "latin1") }],
    expected: /^pack\.zip\/main\.ts:1: the file is not UTF-8 text/,
  },
  {
    title: "an entry that is unpacked too large",
    zip: [{ name: "main.ts", text: BOMB }],
    expected: /^pack\.zip\/main\.ts: the archive cannot be read: main\.ts is unpacked larger than 16777216 bytes/,
  },
  {
    title: "an entry that is unpacked larger than the archive says",
    zip: [{ name: "main.ts", text: BOMB, claimedSize: 100 }],
    expected: /^pack\.zip\/main\.ts: the archive cannot be read: too many bytes/,
  },
  {
    title: "an entry without its checksum",
    zip: [{ name: "main.ts", text: MAIN, claimedCrc: 1 }],
    expected: /main\.ts does not have the checksum that the archive tells/,
  },
  {
    title: "an encrypted entry",
    zip: [{ name: "main.ts", text: MAIN, isEncrypted: true }],
    expected: /main\.ts is encrypted/,
  },
  {
    title: "a name that climbs out of the archive",
    zip: [...good, { name: "../../evil.ts", text: "" }],
    expected: /^pack\.zip: the archive cannot be read: invalid relative path: \.\.\/\.\.\/evil\.ts/,
  },
  {
    title: "two entries of one name",
    zip: [...good, { name: "main.ts", text: "" }],
    expected: /^pack\.zip: the archive cannot be read: it has two entries main\.ts/,
  },
  {
    title: "more entries than anybody needs",
    zip: Array.from({ length: 10_001 }, (_, n) => ({ name: `${n}.ts`, text: "" })),
    expected: /^pack\.zip: the archive cannot be read: it has 10001 entries, more than the 10000 that are allowed/,
  },
  {
    title: "half an archive",
    zip: makeZip(good).subarray(0, 100),
    expected: /^pack\.zip: the archive cannot be read: /,
  },
];

for (const { title, zip, expected } of REFUSED) {
  test(`told with the place in the archive: ${title}`, async (t) => {
    const bytes = Buffer.isBuffer(zip) ? zip : makeZip(zip as readonly ZipEntry[]);
    await t.throwsAsync(bundle(t, bytes), { message: expected });
  });
}
