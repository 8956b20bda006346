function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function rotateLeft(value: bigint, shift: bigint): bigint {
  return u64(value << shift) | (value >> (64n - shift));
}

/** The two secret numbers of a keyed hash. */
export type SipKey = readonly [bigint, bigint];

/** SipHash-2-4 of some bytes under a key, unsigned: the hash behind TensorFlow's StringToHashBucketStrong. */
export function sipHash(bytes: Uint8Array, [firstKey, secondKey]: SipKey): bigint {
  const [k0, k1] = [u64(firstKey), u64(secondKey)];
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const round = () => {
    v0 = u64(v0 + v1);
    v1 = rotateLeft(v1, 13n) ^ v0;
    v0 = rotateLeft(v0, 32n);
    v2 = u64(v2 + v3);
    v3 = rotateLeft(v3, 16n) ^ v2;
    v0 = u64(v0 + v3);
    v3 = rotateLeft(v3, 21n) ^ v0;
    v2 = u64(v2 + v1);
    v1 = rotateLeft(v1, 17n) ^ v2;
    v2 = rotateLeft(v2, 32n);
  };
  for (const word of words(bytes)) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  v2 ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/** Eight bytes at a time; the last word is filled up with zeros and carries the length in its top byte. */
function words(bytes: Uint8Array): BigUint64Array {
  const count = Math.floor(bytes.length / 8) + 1;
  const padded = new Uint8Array(count * 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 0xff;
  const view = new DataView(padded.buffer);
  return BigUint64Array.from({ length: count }, (_, index) => view.getBigUint64(index * 8, true));
}
