import { type LoadDag, mixedLoad, type Place } from "#test/faults/load.ts";

/** A DAG file of the soak, and whether a run of it is asked for now and then; the others run by themselves. */
export interface SoakDag extends Pick<LoadDag, "dagId" | "source"> {
  readonly isTriggered: boolean;
}

/** The load of the fault tests, and what besides leaves something behind: assets, callbacks, templates, a schedule. */
export function soakLoad(place: Place): SoakDag[] {
  const own = [
    { dagId: "producer", source: PRODUCER, isTriggered: true },
    { dagId: "consumer", source: CONSUMER, isTriggered: false },
    { dagId: "calls_back", source: CALLS_BACK, isTriggered: true },
    { dagId: "every_minute", source: EVERY_MINUTE, isTriggered: false },
  ];
  return [...mixedLoad(place).map(({ dagId, source }) => ({ dagId, source, isTriggered: true })), ...own];
}

/** A file that does not load, and another one in its place. */
export const BROKEN = 'import { Dag } from "daisy";\nnew Dag("broken", { schedule: "no schedule" });\n';
export const MENDED = 'import { Dag } from "daisy";\nnew Dag("broken").task("task", async () => 1)();\n';

const PRODUCER = `
import { Asset, Dag, getContext } from "daisy";
const rows = new Asset({ name: "rows", uri: "file:///soak/rows" });
const dag = new Dag("producer");
dag.task("write", async () => { getContext().outletEvents(rows).extra = { rows: 3 }; }, { outlets: rows })();
`;

const CONSUMER = `
import { Asset, Dag, getClient } from "daisy";
const dag = new Dag("consumer", { schedule: [new Asset({ name: "rows", uri: "file:///soak/rows" })] });
dag.task("read", async () => (await getClient().getTriggeringAssetEvents()).length)();
`;

const CALLS_BACK = `
import { bash, Dag } from "daisy";
const tell = ({ exception }) => console.log("told: " + exception);
const dag = new Dag("calls_back", { onFailureCallback: tell });
dag.task("fails", async () => { throw new Error("as it should"); }, { retries: 1, retryDelay: 0.5, onRetryCallback: tell, onFailureCallback: tell })();
dag.task("says", bash({ bashCommand: "echo '{{ ds }} {{ run_id }}'" }))();
`;

const EVERY_MINUTE = `
import { Dag } from "daisy";
const dag = new Dag("every_minute", { schedule: "* * * * *", startDate: new Date("2024-01-01") });
dag.task("tick", async () => Date.now())();
`;
