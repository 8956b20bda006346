import { calendarColumns, type TaxiTrip } from "./columns.ts";

/**
 * Makes up taxi trips that look like the workshop's 15,000: its columns and types, how often a cell is missing, the
 * rhythm of the day, and above all that tips come with cards (a driver does not record a cash tip). The same seed
 * gives the same trips. The proportions are those of the City of Chicago's data as the TFX workshop ships it.
 */
export function generateTaxiTrips(count = 15_000, seed = 20_190_101): TaxiTrip[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => generateTrip(random));
}

type Random = () => number;

interface Area {
  readonly area: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** Community areas where trips start: weight in 15,000, and a centre. */
const AREAS: readonly (readonly [weight: number, area: Area])[] = [
  [4907, { area: 8, latitude: 41.899602111, longitude: -87.633308037 }],
  [3303, { area: 32, latitude: 41.880994471, longitude: -87.632746489 }],
  [1284, { area: 28, latitude: 41.879255084, longitude: -87.642648998 }],
  [1180, { area: 6, latitude: 41.944226601, longitude: -87.655998182 }],
  [895, { area: 76, latitude: 41.97907082, longitude: -87.903039661 }],
  [893, { area: 7, latitude: 41.922686284, longitude: -87.649488729 }],
  [598, { area: 24, latitude: 41.901206994, longitude: -87.676355989 }],
  [309, { area: 33, latitude: 41.859349715, longitude: -87.617358006 }],
  [269, { area: 3, latitude: 41.96581197, longitude: -87.655878786 }],
  [255, { area: 56, latitude: 41.785998518, longitude: -87.750934289 }],
  [180, { area: 77, latitude: 41.986711838, longitude: -87.663416405 }],
  [175, { area: 22, latitude: 41.92276062, longitude: -87.699155343 }],
];

const PAYMENTS: readonly (readonly [weight: number, name: string])[] = [
  [9909, "Cash"],
  [4974, "Credit Card"],
  [81, "No Charge"],
  [28, "Unknown"],
  [4, "Dispute"],
  [3, "Pcard"],
  [1, "Prcard"],
];

const COMPANIES: readonly (readonly [weight: number, name: string | undefined])[] = [
  [5176, "Taxi Affiliation Services"],
  [5140, undefined],
  [1636, "Dispatch Taxi Affiliation"],
  [1090, "Blue Ribbon Taxi Association Inc."],
  [872, "Choice Taxi Association"],
  [551, "Northwest Management LLC"],
  [246, "KOAM Taxi Association"],
  [132, "Top Cab Affiliation"],
  [25, "Chicago Elite Cab Corp. (Chicago Carriag"],
  [22, "Chicago Medallion Leasing INC"],
  [17, "Chicago Medallion Management"],
  [8, "Chicago Elite Cab Corp."],
  [5, "4197 - 41842 Royal Star"],
  [4, "5074 - 54002 Ahzmi Inc"],
];

/** Trips by hour of the day, from midnight. */
const HOURS = [
  602, 544, 419, 292, 197, 143, 193, 302, 530, 664, 687, 618, 745, 698, 737, 722, 763, 829, 941, 1008, 966, 838, 837,
  725,
];

/** What card payers tip, as a share of the fare. */
const CARD_TIPS: readonly (readonly [weight: number, share: number])[] = [
  [277, 0],
  [428, 0.1],
  [900, 0.18],
  [1350, 0.22],
  [1120, 0.3],
  [568, 0.4],
  [161, 0.5],
  [87, 0.6],
  [83, 0.75],
];

const YEAR_START = Date.UTC(2013, 0, 1);
const DAYS = 4 * 365;

function generateTrip(random: Random): TaxiTrip {
  const pickup = choose(AREAS, random);
  const dropoff = choose(AREAS, random);
  const payment = choose(PAYMENTS, random);
  // A log-normal distance with the workshop's median; a fare of a flag fall plus miles, as a meter has it.
  const miles = Math.round(Math.exp(normal(random) * 0.95 + 0.55) * 10) / 10;
  const fare = Math.round((3.25 + miles * 1.8 + random() * 2.5) * 20) / 20;
  const tips = payment === "Credit Card" ? fare * choose(CARD_TIPS, random) * (0.95 + random() * 0.1) : 0;
  const knownDropoff = random() >= 480 / 15_000;
  const trip: TaxiTrip = {
    pickup_community_area: pickup.area,
    fare: cents(fare),
    ...calendarColumns(startTime(random)),
    pickup_latitude: near(pickup.latitude, random),
    pickup_longitude: near(pickup.longitude, random),
    trip_miles: random() < 0.27 ? "0.0" : decimal(miles),
    payment_type: payment,
    company: choose(COMPANIES, random),
    tips: cents(tips),
  };
  // Meters round to minutes; some record nothing.
  if (random() >= 6 / 15_000) trip.trip_seconds = Math.round((miles * 3 + 3 + random() * 4) | 0) * 60;
  if (!knownDropoff) return trip;
  trip.dropoff_latitude = near(dropoff.latitude, random);
  trip.dropoff_longitude = near(dropoff.longitude, random);
  if (random() >= 24 / 14_520) trip.dropoff_community_area = dropoff.area;
  if (random() >= 0.26)
    trip.dropoff_census_tract = 17_031_000_000 + dropoff.area * 10_000 + 100 * Math.floor(random() * 4);
  return trip;
}

function startTime(random: Random): Date {
  const hour = choose(
    HOURS.map((weight, index) => [weight, index] as const),
    random,
  );
  const quarters = Math.floor(random() * 4);
  return new Date(YEAR_START + Math.floor(random() * DAYS) * 86_400_000 + hour * 3_600_000 + quarters * 900_000);
}

/** A point of a few fixed ones around a centre: the city gives centroids of census tracts, not addresses. */
function near(centre: number, random: Random): string {
  return (centre + (Math.floor(random() * 5) - 2) * 0.0043).toFixed(9);
}

function cents(value: number): string {
  return decimal(Math.round(value * 100) / 100);
}

function decimal(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

function choose<T>(weighted: readonly (readonly [number, T])[], random: Random): T {
  let left = random() * weighted.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, value] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  return weighted.at(-1)![1];
}

/** A standard normal value by Box and Muller's transform. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Mulberry32: a small generator of uniform numbers in [0, 1) that is the same everywhere. */
function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
