import { useQuery } from "@tanstack/react-query";
import { QueryView } from "../components/query-view.tsx";
import { source } from "../queries.ts";

/** The DAG's file as it was when it was last parsed. */
export function CodeView({ dagId }: { dagId: string }) {
  return (
    <QueryView query={useQuery(source(dagId))}>
      {({ content, version_number }) => (
        <>
          <p className="quiet">Version {version_number}, as the scheduler last loaded it</p>
          <pre className="code">
            <code>
              {highlight(content).map((line, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line's number is what names it
                <span key={index} className="line">
                  {line.map(({ text, kind }, position) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: so is a part's position
                    <span key={position} className={kind}>
                      {text}
                    </span>
                  ))}
                  {"\n"}
                </span>
              ))}
            </code>
          </pre>
        </>
      )}
    </QueryView>
  );
}

const TOKEN =
  /(\/\/.*|\/\*[\s\S]*?\*\/)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[\s\S])*`)|\b(import|export|from|const|let|var|function|return|async|await|new|if|else|for|of|in|while|throw|try|catch|finally|class|extends|type|interface|default|as)\b|\b(\d[\d_.]*|true|false|null|undefined)\b/g;
const KINDS = ["comment", "string", "keyword", "number"] as const;

interface Part {
  readonly text: string;
  readonly kind?: string | undefined;
}

/** Splits a program into lines of parts that look alike: enough to find one's way, short of understanding it. */
function highlight(code: string): Part[][] {
  const lines: Part[][] = [[]];
  const add = (text: string, kind?: string) => {
    text.split("\n").forEach((piece, index) => {
      if (index > 0) lines.push([]);
      if (piece !== "") lines.at(-1)!.push({ text: piece, kind });
    });
  };
  let end = 0;
  for (const match of code.matchAll(TOKEN)) {
    add(code.slice(end, match.index));
    add(match[0], KINDS[match.slice(1).findIndex((group) => group !== undefined)]);
    end = match.index + match[0].length;
  }
  add(code.slice(end));
  return lines;
}
