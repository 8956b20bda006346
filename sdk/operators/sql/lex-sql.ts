/** A stretch of SQL: code, or something in which neither a semicolon nor a parameter means anything. */
export interface SqlPart {
  readonly kind: "code" | "quoted" | "comment";
  readonly text: string;
}

/** Strings and names in quotes, PostgreSQL's dollar quotes, and comments, which may nest. */
const OPENINGS = /'|"|--|\/\*|\$(?:[A-Za-z_]\w*)?\$/g;

/** Cuts SQL into parts, which together are the text again. What is opened and not closed goes to the end. */
export function lexSql(sql: string): SqlPart[] {
  const parts: SqlPart[] = [];
  let from = 0;
  while (from < sql.length) {
    OPENINGS.lastIndex = from;
    const opening = OPENINGS.exec(sql);
    const start = opening?.index ?? sql.length;
    if (start > from) parts.push({ kind: "code", text: sql.slice(from, start) });
    if (opening === null) break;
    from = endOf(sql, start, opening[0]);
    const isComment = opening[0] === "--" || opening[0] === "/*";
    parts.push({ kind: isComment ? "comment" : "quoted", text: sql.slice(start, from) });
  }
  return parts;
}

function endOf(sql: string, start: number, opening: string): number {
  const after = start + opening.length;
  if (opening === "--") return orEnd(sql, sql.indexOf("\n", after), 1);
  if (opening === "/*") return endOfComment(sql, after);
  if (opening === "'" && /[eE]$/.test(sql.slice(Math.max(start - 1, 0), start))) return endOfEscaped(sql, after);
  // A doubled quote opens again at once, so it needs no rule of its own.
  return orEnd(sql, sql.indexOf(opening, after), opening.length);
}

function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  let depth = 1;
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

/** PostgreSQL's E'…', in which a backslash takes the quote's meaning away. */
function endOfEscaped(sql: string, from: number): number {
  for (let at = from; at < sql.length; at++) {
    if (sql[at] === "\\") at += 1;
    else if (sql[at] === "'") return at + 1;
  }
  return sql.length;
}

function orEnd(sql: string, found: number, length: number): number {
  return found === -1 ? sql.length : found + length;
}
