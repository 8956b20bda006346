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
              {content.split("\n").map((line, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a line's number is what names it
                <span key={index} className="line">
                  {highlight(line)}
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
  /(\/\/.*$)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|\b(import|export|from|const|let|var|function|return|async|await|new|if|else|for|of|in|while|throw|try|catch|class|extends|type|interface|default|as)\b|\b(\d[\d_.]*|true|false|null|undefined)\b/g;
const KINDS = ["comment", "string", "keyword", "number"] as const;

/** Colours a line by what can be told from the line alone; that is enough to find one's way. */
function highlight(line: string) {
  const parts = [];
  let end = 0;
  for (const match of line.matchAll(TOKEN)) {
    const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)];
    parts.push(line.slice(end, match.index));
    parts.push(
      <span key={match.index} className={kind}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  parts.push(line.slice(end));
  return parts;
}
