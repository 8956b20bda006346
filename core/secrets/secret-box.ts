import { DaisyError } from "../errors.ts";
import type { SecretsBackend } from "./backends/backend.ts";
import type { Connection } from "./connection.ts";
import { decryptFernet, encryptFernet, type FernetKey, parseFernetKey } from "./fernet.ts";

/** A text as the database keeps it. */
export interface Sealed {
  readonly text: string;
  /** Whether the text is a Fernet token. */
  readonly isEncrypted: boolean;
}

/** Encrypts what goes into the database and decrypts what comes out, by `[core] fernet_key`. */
export interface SecretBox {
  /** Encrypts with the first key; without any key the text stays as it is, as in Airflow. */
  seal(text: string): Sealed;
  /**
   * The text of something sealed.
   * @param what names it in the error
   * @throws {DaisyError} FERNET_KEY_WRONG when no key decrypts it
   */
  open(sealed: Sealed, what: string): string;
  /** Where secrets are looked for before the environment and the database. */
  readonly backend?: SecretsBackend;
  /** Connections that there are when nobody has defined any of that id. */
  readonly defaults?: readonly Connection[];
}

/**
 * Makes a box from the option's value: keys separated by commas, of which the first encrypts and all decrypt. A wrong
 * option fails what needs it, FERNET_KEY_INVALID, and not the process that may need it some day.
 */
export function createSecretBox(fernetKey: string, backend?: SecretsBackend): SecretBox {
  let parsed: readonly FernetKey[] | undefined;
  const keys = () => {
    parsed ??= parseKeys(fernetKey);
    return parsed;
  };
  return {
    ...(backend && { backend }),
    seal(text) {
      const [first] = keys();
      return first ? { text: encryptFernet(first, text), isEncrypted: true } : { text, isEncrypted: false };
    },
    open({ text, isEncrypted }, what) {
      if (!isEncrypted) return text;
      for (const key of keys()) {
        const opened = decryptFernet(key, text);
        if (opened !== undefined) return opened;
      }
      throw new DaisyError("FERNET_KEY_WRONG", what);
    },
  };
}

function parseKeys(fernetKey: string): FernetKey[] {
  if (fernetKey.trim() === "") return [];
  return fernetKey.split(",").map((text, index) => {
    const key = parseFernetKey(text.trim());
    if (key === undefined) throw new DaisyError("FERNET_KEY_INVALID", index + 1);
    return key;
  });
}
