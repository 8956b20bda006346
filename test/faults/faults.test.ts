// Faults under a mixed load, on a whole Daisy with two of each process and a web server. After each, the auditor looks at everything
// that ran. The faults are in `cases/`: a file there gives its own by default. `DAISY_FAULTS_ROUNDS` repeats every
// case, `DAISY_FAULTS_OUTAGE_SECONDS` sets how long a server is away, `DAISY_FAULTS_ONLY` picks cases by their titles.
import { readdir } from "node:fs/promises";
import test, { type ExecutionContext } from "ava";
import { audit } from "./audit.ts";
import { type Fault, PATIENCE_MS, type Recovery, ROUNDS } from "./fault.ts";
import { describeTimes } from "./recovery.ts";
import { type Load, Rig } from "./rig.ts";

const folder = new URL("./cases/", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".ts")).sort();
const modules = await Promise.all(
  files.map((name) => import(new URL(name, folder).href) as Promise<{ default: readonly Fault[] }>),
);
const wanted = process.env.DAISY_FAULTS_ONLY ?? "";
const faults = modules.flatMap(({ default: own }) => own).filter(({ title }) => title.includes(wanted));

let rig: Rig;
test.before(async (t) => {
  t.timeout(PATIENCE_MS);
  rig = await Rig.start();
});
test.after.always(() => rig?.bench[Symbol.asyncDispose]());

for (let round = 1; round <= ROUNDS; round++) {
  for (const fault of faults) {
    const reason = fault.impossible?.();
    const title = `${fault.title}: nothing is lost, doubled or out of order${ROUNDS === 1 ? "" : ` (round ${round})`}`;
    if (reason !== undefined) {
      test.skip(`${title} (not on this machine: ${reason})`, () => undefined);
      continue;
    }
    test.serial(title, async (t) => {
      t.timeout(4 * PATIENCE_MS);
      await rig.makeWhole();
      rig.takeAll();
      rig.conduct.begin();
      await fault.play({ t, rig, isInOrder: (load, recovery) => isInOrder(t, fault, load, recovery) });
      const processes = rig.takeAll();
      t.log(rig.conduct.describe(processes));
      t.deepEqual(rig.conduct.complaints(processes), []);
    });
  }
}

async function isInOrder(t: ExecutionContext, { goal }: Fault, load: Load, recovery?: Recovery): Promise<void> {
  await load.untilEnded(PATIENCE_MS);
  await load.rig.untilConsolesAnswer();
  load.rig.conduct.weigh(load.rig.all());
  const evidence = await load.evidence();
  t.deepEqual(audit(evidence), []);
  if (goal !== undefined && recovery !== undefined) t.log(describeTimes(recovery(evidence), goal));
}
