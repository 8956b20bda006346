const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The bytes as a string when they are valid UTF-8, else a copy of them. */
export function textOrBytes(bytes: Uint8Array, start = 0, end = bytes.length): string | Uint8Array {
  let ascii = true;
  for (let index = start; index < end && ascii; index++) ascii = bytes[index]! < 128;
  if (ascii) return asBuffer(bytes).toString("latin1", start, end);
  try {
    return utf8.decode(bytes.subarray(start, end));
  } catch {
    return new Uint8Array(bytes.subarray(start, end));
  }
}

/** The same memory as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
