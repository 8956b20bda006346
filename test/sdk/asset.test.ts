import test from "ava";
import { Asset } from "#sdk/index.ts";

test("a missing name is the URI and a missing URI the name, both as written", (t) => {
  const parts = ({ name, uri }: Asset) => [name, uri];
  t.deepEqual(parts(new Asset({ name: "a" })), ["a", "a"]);
  t.deepEqual(parts(new Asset({ uri: "S3://Bucket//a" })), ["S3://Bucket//a", "S3://Bucket//a"]);
  t.deepEqual(parts(new Asset({ name: "a", uri: "s3://a" })), ["a", "s3://a"]);
  t.is(Asset.ref({ name: "a" }).name, "a");
  t.is(Asset.ref({ uri: "s3://a" }).uri, "s3://a");
});

const WRONG: readonly [make: () => unknown, message: string][] = [
  [() => new Asset({}), "Asset requires a name or a uri"],
  [() => new Asset(undefined as never), "Asset requires a name or a uri"],
  [() => new Asset({ name: "" }), "Asset name must be a non-empty string"],
  [() => new Asset({ name: "a", uri: 1 as never }), "Asset uri must be a non-empty string"],
  [() => Asset.ref({ name: "a", uri: "b" } as never), "Asset.ref() takes either a name or a uri, not both"],
  [() => Asset.ref({} as never), "Asset.ref() requires a name or a uri"],
  [() => Asset.ref({ uri: "" }), "Asset uri must be a non-empty string"],
];

for (const [index, [make, message]] of WRONG.entries()) {
  test(`${message} (${index})`, (t) => {
    t.throws(make, { instanceOf: TypeError, message });
  });
}
