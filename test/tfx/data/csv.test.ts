import path from "node:path";
import test, { type ExecutionContext } from "ava";
import { readCsvHeader, readCsvRecords } from "#tfx/data/csv.ts";
import { folderOf } from "../helpers/execution.ts";

async function readCsv(t: ExecutionContext, text: string) {
  const file = path.join(await folderOf(t, { "data.csv": text }), "data.csv");
  const header = await readCsvHeader(file);
  const records: [number, ...string[]][] = [];
  for await (const group of readCsvRecords(file, header)) {
    for (const { cells, line } of group) records.push([line, ...cells]);
  }
  return { header, records };
}

/** What it is about, the text, and the records with the lines they start on. */
const accepted: readonly [string, string, readonly (readonly [number, ...string[]])[]][] = [
  [
    "plain cells",
    "a,b\n1,2\n3,4\n",
    [
      [2, "1", "2"],
      [3, "3", "4"],
    ],
  ],
  ["a last line without an end", "a,b\n1,2", [[2, "1", "2"]]],
  ["Windows line ends", "a,b\r\n1,2\r\n", [[2, "1", "2"]]],
  ["blank lines", "a,b\n\n1,2\n\n", [[3, "1", "2"]]],
  [
    "empty cells",
    'a,b\n,\n"",x\n',
    [
      [2, "", ""],
      [3, "", "x"],
    ],
  ],
  ["quoted commas and quotes", 'a,b\n"x,y","say ""hi"""\n', [[2, "x,y", 'say "hi"']]],
  [
    "a quoted line end",
    'a,b\n1,"two\nlines"\n3,4\n',
    [
      [2, "1", "two\nlines"],
      [4, "3", "4"],
    ],
  ],
  ["a quote inside an unquoted cell", 'a,b\nab"c",d\n', [[2, 'ab"c"', "d"]]],
  ["text after a closing quote", 'a,b\n"x"y,z\n', [[2, "xy", "z"]]],
  ["a cell whose quote closes with the line", 'a,b\na"b,"c\n', [[2, 'a"b', "c"]]],
  ["a byte order mark", "\ufeffa,b\n1,2\n", [[2, "1", "2"]]],
  ["no record", "a,b\n", []],
];

for (const [what, text, expected] of accepted) {
  test(`CSV with ${what}`, async (t) => {
    const { header, records } = await readCsv(t, text);
    t.deepEqual(header, ["a", "b"]);
    t.deepEqual(records, expected as never);
  });
}

test("the header is split at commas and trimmed, quotes not regarded", async (t) => {
  const { header } = await readCsv(t, ' a , "b,c" \n');
  t.deepEqual(header, ["a", '"b', 'c"']);
});

const refused: readonly [string, string | Buffer, RegExp][] = [
  [
    "a row with too few cells",
    "a,b\n1,2\n\n3\n",
    /^Columns do not match specified csv headers: \['a', 'b'\] -> \['3'\] \(file .*data\.csv, line 4: expected 2 cells, got 1\)$/,
  ],
  ["a row with too many cells", "a,b\n1,2,3\n", /-> \['1', '2', '3'\] \(file .*, line 2: expected 2 cells, got 3\)$/],
  [
    "a quote that never closes",
    'a,b\n1,2\n3,"4\n5,6\n',
    /^Csv record had unbalanced quotes\. File: .*data\.csv, line 3$/,
  ],
  ["an empty file", "", /data\.csv is empty; expected a header line$/],
];

for (const [what, text, message] of refused) {
  test(`CSV with ${what} is an error that says where`, async (t) => {
    await t.throwsAsync(readCsv(t, text as string), { message });
  });
}

test("bytes that are not UTF-8 are an error that names the file", async (t) => {
  const folder = await folderOf(t, {});
  const { writeFile } = await import("node:fs/promises");
  const file = path.join(folder, "data.csv");
  await writeFile(file, Buffer.concat([Buffer.from("a,b\n1,"), Buffer.of(0xff), Buffer.from("\n")]));
  await t.throwsAsync(readCsvHeader(file), { message: /data\.csv is not valid UTF-8/ });
});
