/** One line of an .airflowignore file. */
export interface IgnoreRule {
  /** As it is written. */
  readonly line: string;
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly directoriesOnly: boolean;
}

/**
 * Reads an .airflowignore file in Airflow 3's glob syntax, as rules for paths below its directory. It is gitignore's
 * syntax, but for `#`, which starts a comment anywhere: `!` negates, a pattern with a slash counts from the file's
 * directory, one without at any depth, a trailing slash means directories only, `*` and `?` stay inside a path's segment,
 * `**` crosses segments, `[pr]` is one of some letters.
 */
export function readIgnoreRules(text: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.replace(/\s*#.*/, "").trimEnd();
    if (trimmed === "" || trimmed === "/") return [];
    const isNegated = trimmed.startsWith("!");
    const body = isNegated ? trimmed.slice(1) : trimmed;
    const directoriesOnly = body.endsWith("/");
    const glob = directoriesOnly ? body.slice(0, -1) : body;
    return [{ line: trimmed, pattern: toRegExp(glob), isNegated, directoriesOnly }];
  });
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

function toRegExp(glob: string): RegExp {
  const isAnchored = glob.includes("/");
  const body = glob.replace(/^\//, "");
  const source = body.replaceAll(/\*\*\/|\/\*\*$|\*|\?|\[[^\]]*\]|[.+^${}()|\\]/g, (token) => {
    if (token === "**/") return "(?:.*/)?";
    if (token === "/**") return "/.*";
    if (token === "*") return "[^/]*";
    if (token === "?") return "[^/]";
    if (token.startsWith("[")) return token.replace(/^\[!/, "[^").replaceAll("\\", "\\\\");
    return `\\${token}`;
  });
  return new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${source}$`);
}
