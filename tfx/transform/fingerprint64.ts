/*
 * FarmHash Fingerprint64 (farmhashna::Hash64), the hash behind TensorFlow's StringToHashBucketFast and so behind
 * out-of-vocabulary ids. All arithmetic is modulo 2^64.
 */

const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

/** The 64-bit fingerprint of some bytes, unsigned. */
export function fingerprint64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length <= 16) return hashUpTo16(bytes, view);
  if (bytes.length <= 32) return hash17To32(view);
  if (bytes.length <= 64) return hash33To64(view);
  return hashLong(view);
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function fetch64(view: DataView, position: number): bigint {
  return view.getBigUint64(position, true);
}

function rotate(value: bigint, shift: bigint): bigint {
  const unsigned = u64(value);
  return (unsigned >> shift) | u64(unsigned << (64n - shift));
}

function shiftMix(value: bigint): bigint {
  const unsigned = u64(value);
  return unsigned ^ (unsigned >> 47n);
}

function mix(u: bigint, v: bigint, multiplier: bigint): bigint {
  const a = shiftMix((u64(u) ^ u64(v)) * multiplier);
  const b = shiftMix((u64(v) ^ a) * multiplier);
  return u64(b * multiplier);
}

function lengthMultiplier(length: number): bigint {
  return u64(K2 + BigInt(length) * 2n);
}

function hashUpTo16(bytes: Uint8Array, view: DataView): bigint {
  const length = bytes.length;
  if (length >= 8) {
    const multiplier = lengthMultiplier(length);
    const a = u64(fetch64(view, 0) + K2);
    const b = fetch64(view, length - 8);
    return mix(rotate(b, 37n) * multiplier + a, (rotate(a, 25n) + b) * multiplier, multiplier);
  }
  if (length >= 4) {
    const first = BigInt(view.getUint32(0, true));
    const last = BigInt(view.getUint32(length - 4, true));
    return mix(BigInt(length) + (first << 3n), last, lengthMultiplier(length));
  }
  if (length === 0) return K2;
  const y = BigInt(bytes[0]! + bytes[length >> 1]! * 256);
  const z = BigInt(length + bytes[length - 1]! * 4);
  return u64(shiftMix(u64(y * K2) ^ u64(z * K0)) * K2);
}

function hash17To32(view: DataView): bigint {
  const length = view.byteLength;
  const multiplier = lengthMultiplier(length);
  const a = u64(fetch64(view, 0) * K1);
  const b = fetch64(view, 8);
  const c = u64(fetch64(view, length - 8) * multiplier);
  const d = u64(fetch64(view, length - 16) * K2);
  return mix(rotate(a + b, 43n) + rotate(c, 30n) + d, a + rotate(b + K2, 18n) + c, multiplier);
}

function hash33To64(view: DataView): bigint {
  const length = view.byteLength;
  const multiplier = lengthMultiplier(length);
  const a = u64(fetch64(view, 0) * K2);
  const b = fetch64(view, 8);
  const c = u64(fetch64(view, length - 8) * multiplier);
  const d = u64(fetch64(view, length - 16) * K2);
  const y = u64(rotate(a + b, 43n) + rotate(c, 30n) + d);
  const z = mix(y, a + rotate(b + K2, 18n) + c, multiplier);
  const e = u64(fetch64(view, 16) * multiplier);
  const f = fetch64(view, 24);
  const g = u64((y + fetch64(view, length - 32)) * multiplier);
  const h = u64((z + fetch64(view, length - 24)) * multiplier);
  return mix(rotate(e + f, 43n) + rotate(g, 30n) + h, e + rotate(f + a, 18n) + g, multiplier);
}

type Pair = readonly [bigint, bigint];

function weakHash32(view: DataView, position: number, seedA: bigint, seedB: bigint): Pair {
  const [w, x, y, z] = [0, 8, 16, 24].map((offset) => fetch64(view, position + offset)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const a = u64(seedA + w);
  const b = rotate(seedB + a + z, 21n);
  const sum = u64(a + x + y);
  return [u64(sum + z), u64(b + rotate(sum, 44n) + a)];
}

function hashLong(view: DataView): bigint {
  const length = view.byteLength;
  const end = Math.floor((length - 1) / 64) * 64;
  const tail = (length - 1) & 63;
  let x = 81n;
  let y = u64(81n * K1 + 113n);
  let z = u64(shiftMix(y * K2 + 113n) * K2);
  let v: Pair = [0n, 0n];
  let w: Pair = [0n, 0n];
  x = u64(x * K2 + fetch64(view, 0));
  for (let position = 0; position < end; position += 64) {
    x = u64(rotate(x + y + v[0] + fetch64(view, position + 8), 37n) * K1);
    y = u64(rotate(y + v[1] + fetch64(view, position + 48), 42n) * K1);
    x ^= w[1];
    y = u64(y + v[0] + fetch64(view, position + 40));
    z = u64(rotate(z + w[0], 33n) * K1);
    v = weakHash32(view, position, v[1] * K1, x + w[0]);
    w = weakHash32(view, position + 32, z + w[1], y + fetch64(view, position + 16));
    [z, x] = [x, z];
  }
  const multiplier = u64(K1 + ((z & 0xffn) << 1n));
  const last = end + tail - 63;
  w = [u64(w[0] + BigInt(tail)), w[1]];
  v = [u64(v[0] + w[0]), v[1]];
  w = [u64(w[0] + v[0]), w[1]];
  x = u64(rotate(x + y + v[0] + fetch64(view, last + 8), 37n) * multiplier);
  y = u64(rotate(y + v[1] + fetch64(view, last + 48), 42n) * multiplier);
  x ^= u64(w[1] * 9n);
  y = u64(y + v[0] * 9n + fetch64(view, last + 40));
  z = u64(rotate(z + w[0], 33n) * multiplier);
  v = weakHash32(view, last, v[1] * multiplier, x + w[0]);
  w = weakHash32(view, last + 32, z + w[1], y + fetch64(view, last + 16));
  [z, x] = [x, z];
  const left = mix(v[0], w[0], multiplier) + shiftMix(y) * K0 + z;
  return mix(left, mix(v[1], w[1], multiplier) + x, multiplier);
}
