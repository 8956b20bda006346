/** The same shape, open to change at every depth; repairs work on a copy of this kind. */
export type Mutable<T> = T extends string | number | bigint | boolean | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? Mutable<Item>[]
    : { -readonly [Key in keyof T]: Mutable<T[Key]> };

/** A deep copy that may be changed. */
export function mutableCopy<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>;
}
