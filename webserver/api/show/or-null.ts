import { DaisyError } from "#core/errors.ts";

/** A value, or null when it cannot be had for a reason that Daisy names, such as a missing key. */
export function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof DaisyError) return null;
    throw error;
  }
}
