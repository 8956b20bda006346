import test from "ava";
import { fingerprint64 } from "#tfx/transform/fingerprint64.ts";

const TEXT = "The quick brown fox jumps over the lazy dog, and then it rests. ".repeat(4);

/** Prefixes of the text by their length, hashed by `tf.fingerprint` of TensorFlow 2.21. */
const HASHES: readonly (readonly [number, bigint])[] = [
  [0, 0x9ae16a3b2f90404fn],
  [1, 0x12f77cd62637857an],
  [3, 0x85887769ddcc73fdn],
  [4, 0xf4ed8b2e41e836a5n],
  [7, 0xfb3b4353192e2b87n],
  [8, 0x46d0ffb3ee9d8c07n],
  [15, 0x7d582c15a5e865a7n],
  [16, 0x3bf6bd3bebd31655n],
  [17, 0xc7a32da958c02dbdn],
  [24, 0x5d038073ebd56935n],
  [32, 0xb65964dee7761262n],
  [33, 0xf25fea09db06b3d6n],
  [50, 0x0ec05ba25d3472e5n],
  [64, 0xca3f7c438c522275n],
  [65, 0xf031931e8e565681n],
  [100, 0xb5099455c81b7607n],
  [128, 0x751c8911feeeb568n],
  [129, 0x804a07ff64090fd9n],
  [191, 0xc0975a5ee7da8fffn],
  [192, 0xf1f50127d8ae5bc9n],
  [200, 0x703ce65e77fca57fn],
];

for (const [length, hash] of HASHES) {
  test(`${length} bytes have TensorFlow's fingerprint`, (t) => {
    t.is(fingerprint64(Buffer.from(TEXT.slice(0, length))), hash);
  });
}

test("the empty text goes to bucket 3 of 10, Prcard to bucket 0", (t) => {
  t.is(fingerprint64(Buffer.from("")) % 10n, 3n);
  t.is(fingerprint64(Buffer.from("Prcard")) % 10n, 0n);
});
