import { readFile } from "node:fs/promises";
import test from "ava";
import { ERRORS } from "#core/errors.ts";

test("every error code has a heading in docs/errors.md, and every heading there is a code", async (t) => {
  const text = await readFile(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const headings = [...text.matchAll(/^## (\S+)$/gm)].map((match) => match[1]);
  t.deepEqual(headings.sort(), Object.keys(ERRORS).sort());
});
