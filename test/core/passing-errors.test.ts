import test from "ava";
import { DaisyError } from "#core/errors.ts";
import { isPassing, isServerAway } from "#core/passing-errors.ts";

const withCode = (code: string, more = {}) => Object.assign(new Error(code), { code, ...more });

const CASES: readonly [what: string, error: Error, passes: boolean, isAway: boolean][] = [
  ["a refused connection", withCode("ECONNREFUSED", { syscall: "connect" }), true, true],
  ["a broken pipe, whose code looks like one of PostgreSQL's", withCode("EPIPE", { syscall: "write" }), true, true],
  ["a name that is not found now", withCode("EAI_AGAIN", { syscall: "getaddrinfo" }), true, true],
  ["a connection that was cut", new Error("Connection terminated unexpectedly"), true, true],
  ["a statement without an answer", new Error("Query read timeout"), true, true],
  ["a server that shuts down", withCode("57P01"), true, true],
  ["a server without a free connection", withCode("53300"), true, true],
  ["a server whose disk is full", withCode("53100"), true, true],
  ["a deadlock", withCode("40P01"), true, false],
  ["a transaction that stood still", withCode("25P03"), true, false],
  ["too many open files", withCode("EMFILE", { syscall: "open" }), true, false],
  ["a constraint that is violated", withCode("23505"), false, false],
  ["a mistake in a statement", withCode("42601"), false, false],
  ["a mistake in the code", new TypeError("x is not a function"), false, false],
  ["a refusal of our own", new DaisyError("DATABASE_NOT_READY", "no tables"), false, false],
];

for (const [what, error, passes, isAway] of CASES) {
  test(`${what} ${passes ? "passes" : "stays"}, and tells ${isAway ? "" : "not "}that the server is away`, (t) => {
    t.is(isPassing(error), passes);
    t.is(isServerAway(error), isAway);
  });
}
