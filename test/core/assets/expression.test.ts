import test from "ava";
import { type AssetExpression, isSatisfied } from "#core/assets/expression.ts";

const asset = (name: string, uri = name): AssetExpression => ({ asset: { name, uri, group: "asset" } });
const alias = (name: string): AssetExpression => ({ alias: { name, group: "asset" } });
const all = (...parts: AssetExpression[]): AssetExpression => ({ all: parts });
const any = (...parts: AssetExpression[]): AssetExpression => ({ any: parts });

/** Names of assets that have had events; `x@s3://x` has a URI of its own, `x+m` has come under the alias m. */
const CASES: readonly [expression: AssetExpression, updated: readonly string[], isSatisfied: boolean][] = [
  [asset("a"), [], false],
  [asset("a"), ["a"], true],
  [asset("a"), ["b"], false],
  [asset("a", "s3://a"), ["a"], false],
  [asset("a", "s3://a"), ["a@s3://a"], true],
  [all(asset("a"), asset("b")), ["a"], false],
  [all(asset("a"), asset("b")), ["a", "b"], true],
  [any(asset("a"), asset("b")), ["b"], true],
  [any(asset("a"), asset("b")), ["c"], false],
  [any(asset("a"), all(asset("b"), asset("c"))), ["b"], false],
  [any(asset("a"), all(asset("b"), asset("c"))), ["c", "b"], true],
  [all(asset("a"), any(asset("b"), asset("c"))), ["a", "c"], true],
  [all(asset("a"), any(asset("b"), asset("c"))), ["b", "c"], false],
  [alias("m"), ["a"], false],
  [alias("m"), ["a+m"], true],
  [all(alias("m"), asset("a")), ["a+m"], true],
  [{ asset_ref: { name: "a" } }, ["a@s3://a"], true],
  [{ asset_ref: { name: "a" } }, ["b@a"], false],
  [{ asset_ref: { uri: "s3://a" } }, ["a@s3://a"], true],
  [{ asset_ref: { uri: "a" } }, ["a@s3://a"], false],
];

for (const [expression, updated, expected] of CASES) {
  test(`${JSON.stringify(expression)} is ${expected ? "" : "not "}satisfied by ${updated.join(", ") || "nothing"}`, (t) => {
    const assets = updated.map((text) => {
      const [rest, ...aliases] = text.split("+") as [string, ...string[]];
      const [name, uri = name] = rest.split("@") as [string, string?];
      return { name, uri, aliases };
    });
    t.is(isSatisfied(expression, assets), expected);
  });
}
