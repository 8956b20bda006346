/** What the renderer is given: templates, the data that they may name, and what was fetched for them. */
export interface RenderRequest {
  /** By name; strings at any depth are templates. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What templates may name, as JSON; dates are `{ "$date": ISO }`. */
  readonly context: Readonly<Record<string, unknown>>;
  /** What earlier answers asked for, by key; null: there is no such thing. */
  readonly fetched: Readonly<Record<string, unknown>>;
  readonly undefinedAs: UndefinedAs;
  /** Whether a template that renders to a Python literal gives its value (`render_template_as_native_obj`). */
  readonly native: boolean;
}

/** What an unknown name is: an error, nothing, or nothing whose attributes are nothing too. */
export type UndefinedAs = "strict" | "lenient" | "chainable";

export type RenderAnswer =
  | { readonly kind: "rendered"; readonly fields: Readonly<Record<string, unknown>> }
  /** Keys of what is missing in `fetched`: the request is to be made again with it. */
  | { readonly kind: "fetch"; readonly keys: readonly string[] }
  | { readonly kind: "failed"; readonly message: string };

/** A key of `fetched`, read back. */
export type FetchKey =
  | { readonly about: "variable"; readonly key: string }
  | { readonly about: "connection"; readonly connId: string }
  | { readonly about: "name"; readonly name: string }
  | {
      readonly about: "xcom";
      readonly taskId: string | null;
      readonly key: string;
      readonly dagId: string | null;
      readonly runId: string | null;
      readonly mapIndex: number | null;
      readonly includePriorDates: boolean;
    };
