import test from "ava";
import { ClockJumps } from "#scheduler/clock-jumps.ts";

const HOUR = 3_600_000;
const CASES: readonly { title: string; theirs: number; asked: number; answered: number; jumped: boolean }[] = [
  { title: "a clock that goes as ours does", theirs: 5_000, asked: 5_000, answered: 5_001, jumped: false },
  { title: "one that is set ahead", theirs: 5_000 + HOUR, asked: 5_000, answered: 5_001, jumped: true },
  { title: "one that is set back", theirs: 5_000 - HOUR, asked: 5_000, answered: 5_001, jumped: true },
  { title: "one that is put right by a second", theirs: 6_000, asked: 5_000, answered: 5_001, jumped: false },
  { title: "one that is read late in a slow answer", theirs: 60_000, asked: 5_000, answered: 60_001, jumped: false },
  { title: "one that is read early in a slow answer", theirs: 5_000, asked: 5_000, answered: 60_001, jumped: false },
  { title: "one that is set while its answer is slow", theirs: HOUR, asked: 5_000, answered: 60_001, jumped: true },
];

for (const { title, theirs, asked, answered, jumped } of CASES) {
  test(`${title} ${jumped ? "has jumped" : "has not jumped"}`, (t) => {
    const clock = new ClockJumps();
    t.false(clock.hasJumped(0, 0, 1), "the first reading tells nothing");
    t.is(clock.hasJumped(theirs, asked, answered), jumped);
    t.false(clock.hasJumped(theirs + 1_000, answered + 1_000, answered + 1_001 + (answered - asked)));
  });
}
