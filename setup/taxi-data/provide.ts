// Puts the workshop's data file in place: `node --import tsx setup/taxi-data/provide.ts --to FILE [--data FILE]`
import { copyFile, mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { toCsv } from "./columns.ts";
import { fetchTaxiTrips } from "./fetch.ts";
import { generateTaxiTrips } from "./generate.ts";

export interface ProvideOptions {
  /** The file to make. */
  readonly to: string;
  /** A CSV of the user's own. */
  readonly from?: string;
  /** The open-data interface to fetch from. @default the city's */
  readonly url?: string;
  readonly log: (message: string) => void;
}

/**
 * Makes the data file: a copy of the user's, else rows of the city's data set, else made-up ones, and says which.
 * Without a file of the user's, one that is there already is kept. The file appears whole or not at all.
 */
export async function provideTaxiData({ to, from, url, log }: ProvideOptions): Promise<void> {
  const aside = `${to}.${process.pid}.new`;
  await mkdir(path.dirname(to), { recursive: true });
  if (from !== undefined) {
    // An equal file stays as it is: its age is what tells the pipeline whether the data are new.
    if (await isSame(from, to)) return log(`Taxi data: ${to} is there already`);
    await copyFile(from, aside).catch((error: NodeJS.ErrnoException) => {
      throw new Error(`The taxi data ${from} cannot be read: ${error.message}`);
    });
    log(`Taxi data: a copy of ${from}`);
  } else {
    if (await isThere(to)) return log(`Taxi data: ${to} is there already`);
    await writeFile(aside, toCsv(await fetchOrGenerate(url, log)));
  }
  await rename(aside, to);
}

async function fetchOrGenerate(url: string | undefined, log: (message: string) => void) {
  try {
    const trips = await fetchTaxiTrips({ url });
    log(`Taxi data: ${trips.length} trips of the City of Chicago's Taxi Trips data set`);
    return trips;
  } catch (error) {
    const trips = generateTaxiTrips();
    log(
      `Taxi data: the city's open-data portal cannot be reached (${(error as Error).message}), so ${trips.length} made-up trips are used`,
    );
    return trips;
  }
}

async function isSame(from: string, to: string): Promise<boolean> {
  const [one, other] = await Promise.all([from, to].map((file) => readFile(file).catch(() => undefined)));
  return one !== undefined && other !== undefined && one.equals(other);
}

async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { to: { type: "string" }, data: { type: "string" } } });
  if (values.to === undefined) throw new Error("--to FILE is missing");
  await provideTaxiData({ to: values.to, from: values.data || process.env.TAXI_DATA || undefined, log: console.log });
}
