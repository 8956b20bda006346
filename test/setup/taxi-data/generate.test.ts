import test from "ava";
import { TAXI_COLUMNS, toCsv } from "#setup/taxi-data/columns.ts";
import { generateTaxiTrips } from "#setup/taxi-data/generate.ts";

test("one seed gives one file, byte for byte, and another seed another", (t) => {
  t.is(toCsv(generateTaxiTrips(500, 1)), toCsv(generateTaxiTrips(500, 1)));
  t.not(toCsv(generateTaxiTrips(500, 1)), toCsv(generateTaxiTrips(500, 2)));
});

test("made-up trips have the proportions of the workshop's data", (t) => {
  const trips = generateTaxiTrips();
  const share = (holds: (trip: (typeof trips)[number]) => boolean) => trips.filter(holds).length / trips.length;
  const tipped = (trip: (typeof trips)[number]) => Number(trip.tips) > 0.2 * Number(trip.fare);
  const shares: [what: string, is: number, workshop: number][] = [
    ["tips over 20 %", share(tipped), 3382 / 15_000],
    [
      "a payment other than cash goes with such a tip",
      share((trip) => (trip.payment_type !== "Cash") === tipped(trip)),
      0.885,
    ],
    ["no company", share((trip) => trip.company === undefined), 5140 / 15_000],
    ["no dropoff latitude", share((trip) => trip.dropoff_latitude === undefined), 480 / 15_000],
    ["no dropoff census tract", share((trip) => trip.dropoff_census_tract === undefined), 4239 / 15_000],
    ["no pickup census tract", share((trip) => trip.pickup_census_tract === undefined), 1],
    ["zero miles", share((trip) => Number(trip.trip_miles) === 0), 4088 / 15_000],
  ];
  for (const [what, is, workshop] of shares) t.true(Math.abs(is - workshop) < 0.02, `${what}: ${is} for ${workshop}`);
});

test("the file has the workshop's columns and a cell for each", (t) => {
  const lines = toCsv(generateTaxiTrips(10)).trimEnd().split("\n");
  t.is(lines.length, 11);
  t.is(lines[0], TAXI_COLUMNS.join(","));
  for (const line of lines) t.is(line.split(",").length, TAXI_COLUMNS.length);
});
