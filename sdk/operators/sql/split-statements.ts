import { lexSql } from "./lex-sql.ts";

/** The statements of a text, without their semicolons; comments alone are none. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let text = "";
  let holdsCode = false;
  const end = () => {
    if (holdsCode) statements.push(text.trim());
    text = "";
    holdsCode = false;
  };
  for (const part of lexSql(sql)) {
    const pieces = part.kind === "code" ? part.text.split(";") : [part.text];
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) end();
      text += piece;
      if (part.kind !== "comment" && piece.trim() !== "") holdsCode = true;
    }
  }
  end();
  return statements;
}
