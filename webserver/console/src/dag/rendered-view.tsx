import type { TaskInstanceAnswer } from "../../../protocol.ts";

/** What the templates of a task instance became in its latest try. */
export function RenderedView({ instance: { rendered_fields: fields } }: { instance: TaskInstanceAnswer }) {
  const entries = Object.entries(fields);
  if (entries.length === 0) return <p className="empty">The task has no templates, or has not run yet.</p>;
  return (
    <dl className="xcoms">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <pre>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}
