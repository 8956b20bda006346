import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { readTfRecords } from "#tfx/data/tfrecord.ts";
import { Event, type EventMessage, EventWriter } from "#tfx/tensorboard/event-writer.ts";
import { temporaryFolder } from "../helpers/execution.ts";

async function readEvents(file: string): Promise<EventMessage[]> {
  const events: EventMessage[] = [];
  for await (const record of readTfRecords(file)) events.push(Event.decode(record));
  return events;
}

test("the first record is the file version TensorBoard looks for", async (t) => {
  const writer = await EventWriter.open(await temporaryFolder(t), () => 1_500_000_000_000);
  await writer.close();
  t.regex(path.basename(writer.file), /^events\.out\.tfevents\.1500000000\..+\.v2$/);
  const [first] = await readEvents(writer.file);
  t.is(first?.file_version, "brain.Event:2");
  t.is(first?.wall_time, 1_500_000_000);
});

test("scalars come back with tag, value, step and time, in order", async (t) => {
  const writer = await EventWriter.open(await temporaryFolder(t));
  writer.scalar("loss", 0.5, 0, 10);
  writer.scalar("loss", 0.25, 100, 11.5);
  await writer.close();
  const [, ...scalars] = await readEvents(writer.file);
  t.deepEqual(
    scalars.map(({ step, wall_time, summary }) => [
      summary?.value[0]?.tag,
      summary?.value[0]?.tensor.float_val[0],
      step ?? 0,
      wall_time,
    ]),
    [
      ["loss", 0.5, 0, 10],
      ["loss", 0.25, 100, 11.5],
    ],
  );
  t.is(scalars[0]?.summary?.value[0]?.metadata.plugin_data.plugin_name, "scalars");
});

test("a flush makes scalars visible before the file is closed", async (t) => {
  const writer = await EventWriter.open(await temporaryFolder(t));
  writer.scalar("loss", 1, 0);
  const before = (await readFile(writer.file)).length;
  await writer.flush();
  t.is((await readEvents(writer.file)).length, 2);
  t.true((await readFile(writer.file)).length > before);
  await writer.close();
});

test("closing twice is fine, writing after it is an error", async (t) => {
  const writer = await EventWriter.open(await temporaryFolder(t));
  await writer.close();
  await writer.close();
  t.throws(() => writer.scalar("loss", 1, 0), { message: /after the file was closed/ });
});
