/** One line of an .airflowignore file. */
interface Rule {
  readonly pattern: RegExp;
  readonly isNegated: boolean;
  readonly directoriesOnly: boolean;
}

/** The rules of one .airflowignore file, for paths below its directory. */
export type IgnoreRules = readonly Rule[];

/**
 * Reads an .airflowignore file in Airflow 3's glob syntax, which is gitignore's, but for `#`, which starts a comment
 * anywhere: `!` negates, a pattern with a slash counts from the file's directory, one without at any depth, a trailing
 * slash means directories only, `*` and `?` stay inside a path's segment, `**` crosses segments, `[pr]` is one of some
 * letters.
 */
export function readIgnoreRules(text: string): IgnoreRules {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.replace(/\s*#.*/, "").trimEnd();
    if (trimmed === "" || trimmed === "/") return [];
    const isNegated = trimmed.startsWith("!");
    const body = isNegated ? trimmed.slice(1) : trimmed;
    const directoriesOnly = body.endsWith("/");
    const glob = directoriesOnly ? body.slice(0, -1) : body;
    return [{ pattern: toRegExp(glob), isNegated, directoriesOnly }];
  });
}

/**
 * What the last matching rule says about a path; undefined when none matches.
 * @param path relative to the directory of the .airflowignore file
 */
export function isIgnored(rules: IgnoreRules, path: string, isDirectory: boolean): boolean | undefined {
  const rule = rules.findLast((rule) => (isDirectory || !rule.directoriesOnly) && rule.pattern.test(path));
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
