import type { KnownSecrets } from "#core/secrets/known-secrets.ts";

/** A line may be this long; a longer one is cut, so that output without line breaks does not fill the memory. */
const LONGEST_LINE = 1024 * 1024;

/** Where a text that goes on for longer than a secret is cut: between words where it has any, and never within a secret. */
export function cutBetween(
  text: string,
  longest: number,
  secrets: Pick<KnownSecrets, "longest" | "cutNear"> | undefined,
): number {
  // A URL with a password in it has no spaces; what has hardly any is not thrown away for that.
  const word = text.lastIndexOf(" ", longest - 1) + 1;
  const at = word > longest / 2 ? word : longest;
  return secrets?.cutNear(text, at) ?? at;
}

/**
 * Cuts a stream of text into lines, and notices the mark that ends a try's output. A line that is too long is cut
 * between words where it has any, and never within a secret.
 * @param onLine a line without its line break
 * @param onMark the mark was seen; what follows belongs to nobody until the next one is expected
 * @param secretsNow what the output must not show at the moment
 */
export function splitOutput(
  onLine: (line: string) => void,
  onMark: () => void,
  secretsNow: () => Pick<KnownSecrets, "longest" | "cutNear"> | undefined = () => undefined,
) {
  let mark: string | undefined;
  let partial = "";

  function take(line: string): void {
    if (mark === undefined) return;
    if (!line.endsWith(mark)) {
      onLine(line);
      return;
    }
    // Text before the mark is a last line that was not ended.
    if (line.length > mark.length) onLine(line.slice(0, -mark.length));
    mark = undefined;
    onMark();
  }

  return {
    /** Gives lines to `onLine` from now on, until the mark. */
    expect(nextMark: string): void {
      mark = nextMark;
      partial = "";
    },
    add(chunk: string): void {
      const lines = chunk.split("\n");
      lines[0] = partial + lines[0];
      partial = lines.pop()!;
      for (const line of lines) take(line);
      const secrets = secretsNow();
      const keep = (mark?.length ?? 0) + (secrets?.longest ?? 0);
      while (mark !== undefined && partial.length > LONGEST_LINE + keep) {
        const cut = cutBetween(partial, LONGEST_LINE, secrets);
        onLine(partial.slice(0, cut));
        partial = partial.slice(cut);
      }
      if (mark === undefined) partial = "";
    },
    /** The stream is over: what has no line break is a line as well. */
    end(): void {
      if (mark !== undefined && partial !== "") onLine(partial);
      partial = "";
      mark = undefined;
    },
  };
}
