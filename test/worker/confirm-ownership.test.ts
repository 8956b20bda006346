import test from "ava";
import { absenceOf } from "#core/absence.ts";
import { connect } from "#core/database/connect.ts";
import type { Log } from "#core/log.ts";
import { until } from "#test/helpers/until.ts";
import { confirmOwnership } from "#worker/confirm-ownership.ts";
import { RunningTries } from "#worker/running-tries.ts";

test("a worker without tries asks nothing, and does not say that a database that is away answers again", async (t) => {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(text);
  const log = { debug: note, info: note, warning: note, error: note } as unknown as Log;
  absenceOf(log, "The database").failed(new Error("connection refused"));
  let looks = 0;
  const none = new (class extends RunningTries {
    override all() {
      looks += 1;
      return super.all();
    }
  })(60_000);
  const stopping = new AbortController();
  const db = connect("postgresql://127.0.0.1:1/nobody", { applicationName: "daisy-test" });
  t.teardown(() => db.end());
  const ended = confirmOwnership(db, none, 1, log).run(stopping.signal);
  await until("it has looked ten times", async () => looks >= 10);
  stopping.abort();
  await ended;
  t.is(lines.length, 1, lines.join("\n"));
});
