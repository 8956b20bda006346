import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import test from "ava";
import fc from "fast-check";
import { readTfRecords, TfRecordWriter, writeTfRecords } from "#tfx/data/tfrecord.ts";
import { temporaryFolder } from "../helpers/execution.ts";

async function recordsOf(file: string): Promise<Buffer[]> {
  const records: Buffer[] = [];
  for await (const record of readTfRecords(file)) records.push(Buffer.from(record));
  return records;
}

for (const suffix of ["", ".gz"]) {
  test(`any records come back in order from a file named with "${suffix}"`, async (t) => {
    const file = path.join(await temporaryFolder(t), `records${suffix}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 }), async (records) => {
        await writeTfRecords(file, records);
        t.deepEqual(
          await recordsOf(file),
          records.map((record) => Buffer.from(record)),
        );
      }),
      { numRuns: 30 },
    );
  });
}

test("a record larger than the stream's buffers is whole", async (t) => {
  const file = path.join(await temporaryFolder(t), "large.gz");
  const large = Buffer.alloc(3_000_000, "daisy");
  await writeTfRecords(file, [Buffer.from("a"), large, Buffer.from("b")]);
  const [first, second, third] = await recordsOf(file);
  t.deepEqual([first, third], [Buffer.from("a"), Buffer.from("b")]);
  t.true(second!.equals(large));
});

test("concatenated gzip members are one stream", async (t) => {
  const folder = await temporaryFolder(t);
  const [first, second] = [path.join(folder, "1"), path.join(folder, "2")];
  await writeTfRecords(first!, [Buffer.from("one")]);
  await writeTfRecords(second!, [Buffer.from("two")]);
  const file = path.join(folder, "both.gz");
  await writeFile(file, Buffer.concat([gzipSync(await readFile(first!)), gzipSync(await readFile(second!))]));
  t.deepEqual(await recordsOf(file), [Buffer.from("one"), Buffer.from("two")]);
});

const damages: readonly [string, (bytes: Buffer) => Buffer, RegExp][] = [
  ["its length", (bytes) => flip(bytes, 21), /record 1: the checksum of its length does not match/],
  ["its data", (bytes) => flip(bytes, 33), /record 1: the checksum of its data does not match/],
  ["the end", (bytes) => bytes.subarray(0, bytes.length - 1), /the file ends inside record 1/],
];

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 1;
  return copy;
}

for (const [what, damage, message] of damages) {
  test(`damage to ${what} is an error that names file and record`, async (t) => {
    const folder = await temporaryFolder(t);
    const file = path.join(folder, "records.gz");
    await writeTfRecords(file, [Buffer.from("hello"), Buffer.from("world")]);
    await writeFile(file, gzipSync(damage(gunzipSync(await readFile(file)))));
    const error = await t.throwsAsync(recordsOf(file), { message });
    t.true(error.message.startsWith(file));
  });
}

test("a gzip file that breaks off is an error", async (t) => {
  const file = path.join(await temporaryFolder(t), "records.gz");
  await writeTfRecords(file, [Buffer.alloc(5000, "x")]);
  await writeFile(file, (await readFile(file)).subarray(0, 30));
  await t.throwsAsync(recordsOf(file), { message: /not a complete gzip file/ });
});

test("a file has its name only when it is closed, and a discarded one leaves nothing", async (t) => {
  const folder = await temporaryFolder(t);
  const writer = new TfRecordWriter(path.join(folder, "records.gz"));
  await writer.write([Buffer.from("one")]);
  t.false((await readdir(folder)).includes("records.gz"));
  await writer.close();
  t.deepEqual(await readdir(folder), ["records.gz"]);

  const discarded = new TfRecordWriter(path.join(folder, "other.gz"));
  await discarded.write([Buffer.from("one")]);
  await discarded.discard();
  await discarded.discard();
  t.deepEqual(await readdir(folder), ["records.gz"]);
});

test("a folder that is not there is an error, not a hanging write", async (t) => {
  const file = path.join(await temporaryFolder(t), "missing", "records.gz");
  await t.throwsAsync(writeTfRecords(file, [Buffer.from("one")]), { code: "ENOENT" });
});
