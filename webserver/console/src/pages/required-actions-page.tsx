import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import type { HitlDetailAnswer, Json } from "../../../protocol.ts";
import { QueryView } from "../components/query-view.tsx";
import { useFlash } from "../flash.tsx";
import { formatAgo } from "../format.ts";
import { sendJson } from "../http.ts";
import { openQuestions } from "../queries.ts";
import { Link } from "../router.tsx";

/** The questions that tasks wait to have answered. */
export function RequiredActionsPage() {
  const list = useQuery(openQuestions);
  return (
    <>
      <div className="list-head">
        <h1>Required Actions</h1>
      </div>
      <QueryView query={list}>
        {({ hitl_details: questions }) =>
          questions.length === 0 ? (
            <p className="empty">No task waits for an answer.</p>
          ) : (
            <div className="questions">
              {questions.map((question) => (
                <Question key={question.task_instance.id} question={question} />
              ))}
            </div>
          )
        }
      </QueryView>
    </>
  );
}

function Question({ question }: { question: HitlDetailAnswer }) {
  const { task_instance: task, options, multiple, assigned_users: users, params } = question;
  const heading = useId();
  const client = useQueryClient();
  const flash = useFlash();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [user, setUser] = useState(users[0]?.id);
  const [texts, setTexts] = useState(() =>
    Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, textOf(value)])),
  );
  const [problem, setProblem] = useState<string>();
  const path = [task.dag_id, "dagRuns", task.dag_run_id, "taskInstances", task.task_id, String(task.map_index)];
  const respond = useMutation({
    mutationFn: (options: readonly string[]) =>
      sendJson("PATCH", `/ui/dags/${path.map(encodeURIComponent).join("/")}/hitlDetails`, {
        chosen_options: options,
        params_input: Object.fromEntries(
          Object.entries(texts).map(([name, text]) => [name, readValue(text, params[name]!)]),
        ),
        ...(user !== undefined && { responded_by: user }),
      }),
    onSuccess: (_, options) =>
      flash({ category: "success", message: `${task.task_id} goes on with: ${options.join(", ")}` }),
    onError: (error) => setProblem(error.message),
    onSettled: () => client.invalidateQueries(),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen.length === 0) setProblem("Choose at least one option");
    else respond.mutate(chosen);
  };
  const run = `/dags/${encodeURIComponent(task.dag_id)}?run_id=${encodeURIComponent(task.dag_run_id)}`;
  return (
    <form className="question" onSubmit={submit} aria-labelledby={heading} data-task={task.task_id}>
      <h2 id={heading}>{question.subject}</h2>
      <p className="hint">
        <Link href={`${run}&task_id=${encodeURIComponent(task.task_id)}`}>
          {task.dag_id}.{task.task_id}
        </Link>{" "}
        asked {formatAgo(question.created_at)}
      </p>
      {question.body !== null && <pre className="doc">{question.body}</pre>}
      {Object.entries(params).map(([name, { description }]) => (
        <label key={name} className="param">
          {name}
          {description !== undefined && <span className="quiet"> {description}</span>}
          <input
            type="text"
            value={texts[name]}
            onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
          />
        </label>
      ))}
      {users.length > 0 && (
        <label className="param">
          Answer as
          <select value={user} onChange={(event) => setUser(event.target.value)}>
            {users.map(({ id, name }) => (
              <option key={id} value={id}>
                {name || id}
              </option>
            ))}
          </select>
        </label>
      )}
      {problem !== undefined && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="buttons">
        {multiple ? (
          <>
            {options.map((option) => (
              <label key={option} className="check">
                <input
                  type="checkbox"
                  checked={chosen.includes(option)}
                  onChange={({ target }) =>
                    setChosen(target.checked ? [...chosen, option] : chosen.filter((one) => one !== option))
                  }
                />
                {option}
              </label>
            ))}
            <button type="submit" className="button primary" disabled={respond.isPending}>
              Answer
            </button>
          </>
        ) : (
          options.map((option, index) => (
            <button
              key={option}
              type="button"
              className={`button ${index === 0 ? "primary" : ""}`}
              disabled={respond.isPending}
              onClick={() => respond.mutate([option])}
            >
              {option}
            </button>
          ))
        )}
      </div>
    </form>
  );
}

/** Texts are shown as they are, other values as JSON. */
function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** What was typed: a text where the value was one or its schema wants one, otherwise JSON where it is some. */
function readValue(text: string, { value, schema }: HitlDetailAnswer["params"][string]): Json {
  if (schema?.type === "string" || (schema === undefined && typeof value === "string")) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
