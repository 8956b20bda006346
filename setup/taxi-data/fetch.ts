import { calendarColumns, type TaxiTrip } from "./columns.ts";

/** The city's Taxi Trips (2013–2023) data set on its open-data portal (Socrata's SODA interface, JSON). */
export const TAXI_TRIPS_URL = "https://data.cityofchicago.org/resource/wrvz-psew.json";

const PERIOD = "trip_start_timestamp between '2013-01-01T00:00:00' and '2016-12-31T23:59:59'";
const TIMEOUT_MS = 60_000;

/** What the portal names the columns that are not named as in the workshop's file. */
type CityTrip = Record<string, string | undefined>;

/**
 * Fetches rows of the city's data set and maps them to the workshop's columns.
 * @param options.url the data set's address; others speak the same interface
 * @param options.count rows wanted. @default 15000
 * @throws when the portal does not answer, answers with an error, or gives no usable rows
 */
export async function fetchTaxiTrips(
  options: { url?: string; count?: number; signal?: AbortSignal } = {},
): Promise<TaxiTrip[]> {
  const { url = TAXI_TRIPS_URL, count = 15_000, signal } = options;
  const query = new URL(url);
  query.searchParams.set("$where", `${PERIOD} and fare is not null and tips is not null`);
  query.searchParams.set("$limit", String(count));
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const answer = await fetch(query, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!answer.ok) throw new Error(`${query.host} answered ${answer.status} ${answer.statusText}`);
  const rows = (await answer.json()) as CityTrip[];
  if (!Array.isArray(rows) || rows.length === 0) throw new Error(`${query.host} gave no taxi trips`);
  return rows.map(mapTrip);
}

/** One row of the portal in the workshop's columns. Its times are local and without a zone; they are kept as written. */
export function mapTrip(row: CityTrip): TaxiTrip {
  const written = row.trip_start_timestamp;
  const start = new Date(`${written}Z`);
  if (written === undefined || Number.isNaN(start.getTime())) {
    throw new Error(`A taxi trip's trip_start_timestamp should be a date and time, but is ${String(written)}`);
  }
  return {
    ...calendarColumns(start),
    pickup_community_area: row.pickup_community_area,
    fare: row.fare,
    pickup_latitude: row.pickup_centroid_latitude,
    pickup_longitude: row.pickup_centroid_longitude,
    dropoff_latitude: row.dropoff_centroid_latitude,
    dropoff_longitude: row.dropoff_centroid_longitude,
    trip_miles: row.trip_miles,
    pickup_census_tract: row.pickup_census_tract,
    dropoff_census_tract: row.dropoff_census_tract,
    payment_type: row.payment_type,
    company: row.company,
    trip_seconds: row.trip_seconds,
    dropoff_community_area: row.dropoff_community_area,
    tips: row.tips,
  };
}
