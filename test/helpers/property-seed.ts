import fc from "fast-check";

/**
 * Property tests draw the same cases in every run, so that a change is judged by what it changes.
 * `FAST_CHECK_SEED=random` (or a number) looks elsewhere.
 */
const { FAST_CHECK_SEED: chosen = "20190101" } = process.env;
if (chosen !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(chosen) });
