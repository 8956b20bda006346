/** One line of an .airflowignore file. */
export interface IgnoreRule {
  /** As it is written. */
  readonly line: string;
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly directoriesOnly: boolean;
}

/**
 * Reads a line of an .airflowignore file in Airflow 3's glob syntax, as a rule for paths below the file's directory;
 * undefined when it has none. It is gitignore's syntax, but for `#`, which starts a comment anywhere: `!` negates, a
 * pattern with a slash counts from the file's directory, one without at any depth, a trailing slash means directories
 * only, `*` and `?` stay inside a path's segment, `**` crosses segments, `[pr]` is one of some letters, a `[` that is
 * not closed is itself, and so is what stands behind a backslash. Throws when nothing does.
 */
export function readIgnoreRule(text: string): IgnoreRule | undefined {
  const line = trimEnd(/^(?:\\.|[^\\#])*\\?/s.exec(text)![0]);
  if (line === "" || line === "/") return undefined;
  const isNegated = line.startsWith("!");
  const body = isNegated ? line.slice(1) : line;
  const directoriesOnly = body.endsWith("/");
  const glob = directoriesOnly ? body.slice(0, -1) : body;
  return { line, pattern: toRegExp(glob), isNegated, directoriesOnly };
}

/** A text without the spaces at its end, but for one behind a backslash. */
function trimEnd(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.endsWith("\\") ? text.slice(0, trimmed.length + 1) : trimmed;
}

/**
 * What the last matching rule says about a path; undefined when none matches.
 * @param path relative to the directory of the .airflowignore file
 * @param onCompare called with each rule before the path is compared with it
 */
export function isIgnored(
  rules: readonly IgnoreRule[],
  path: string,
  isDirectory: boolean,
  onCompare: (rule: IgnoreRule) => void = () => undefined,
): boolean | undefined {
  const rule = rules.findLast((rule) => {
    if (rule.directoriesOnly && !isDirectory) return false;
    onCompare(rule);
    return rule.pattern.test(path);
  });
  return rule && !rule.isNegated;
}

/** What is more than a letter in a glob, and what would be more than one in a regular expression. */
const TOKEN =
  /\*\*\/|\/\*\*$|\*|\?|\\(?<escaped>.?)|\[(?<not>[!^]|(?![!^]))(?<members>\][^\]]*|[^\]]+)\]|[.+^${}()|[\]]/gsu;

function toRegExp(glob: string): RegExp {
  const isAnchored = glob.includes("/");
  const body = glob.replace(/^\//, "");
  const source = body.replaceAll(TOKEN, (token, ...rest) => {
    const { escaped, not, members } = rest.at(-1) as Record<string, string | undefined>;
    if (token === "**/") return "(?:.*/)?";
    if (token === "/**") return "/.*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (escaped === "") throw new Error("nothing follows its last backslash");
    if (escaped !== undefined) return escapeText(escaped);
    return members === undefined ? escapeText(token) : `[${not === "" ? "" : "^"}${readMembers(members)}]`;
  });
  return new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}$`, "su");
}

/** What a `[pr]` holds. A range that runs backwards, which a regular expression may not have, holds nothing. */
function readMembers(members: string): string {
  return members.replaceAll(/(.)-(.)|./gsu, (member, first?: string, last?: string) => {
    if (first === undefined || last === undefined) return escapeMember(member);
    return first.codePointAt(0)! <= last.codePointAt(0)! ? `${escapeMember(first)}-${escapeMember(last)}` : "";
  });
}

function escapeText(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function escapeMember(letter: string): string {
  return letter === "-" ? "\\-" : escapeText(letter);
}
