import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, rename, rm, writeFile } from "node:fs/promises";

/** Replaces a file at once: readers see the old text or the new one, never half of it. */
export async function replaceFile(file: string, text: string, mode = 0o644): Promise<void> {
  const aside = await writeAside(file, text, mode);
  await rename(aside, file);
}

/**
 * Makes a file with its whole text, unless there is one already; of many processes exactly one makes it.
 * @returns whether this call made it
 */
export async function createFileOnce(file: string, text: string, mode = 0o644): Promise<boolean> {
  const aside = await writeAside(file, text, mode);
  try {
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") throw error;
      // File systems without hard links: exclusive too, though a reader in between may see the beginning only.
      return copyFile(aside, file, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function writeAside(file: string, text: string, mode: number): Promise<string> {
  const aside = `${file}.${randomBytes(6).toString("hex")}`;
  await writeFile(aside, text, { mode, flag: "wx" });
  return aside;
}
