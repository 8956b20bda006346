// A mapped task group: all of its tasks run once for each city. Inside, one reads what another returned for the same
// city; outside, `hottest` reads the results of all cities.
import { Dag } from "daisy";

const dag = new Dag("example_mapped_group", { description: "The same tasks for each city", tags: ["example"] });

const cities = dag.task("cities", async () => ({ Paris: [19, 24, 22], Rome: [27, 31, 29] }))();

// An object is expanded into its entries.
const maxima = dag.taskGroup("per_city").expand({ city: cities }, (group, { city }) => {
  const days = group.task("days", async ({ city: [, degrees] }: { city: [string, number[]] }) => degrees)({ city });
  return group.task("maximum", async ({ days }: { days: number[] }) => Math.max(...days))({ days });
});

dag.task("hottest", async ({ maxima }: { maxima: number[] }) => Math.max(...maxima))({ maxima });
