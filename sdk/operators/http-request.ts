import { type Operator, operator } from "../operator.ts";
import { callHttp, type HttpResponse } from "./http-call.ts";
import {
  areTexts,
  isFlag,
  isFunction,
  isSeconds,
  isText,
  isTextOrNull,
  type OptionInputs,
  type OptionRule,
  type OptionRules,
  readOptions,
  withInputs,
} from "./options.ts";

/** How a request is made, for the operator and the sensor. */
export interface HttpOptions {
  /** The path behind the connection's host; without a connection, the whole URL. A template. */
  endpoint: string;
  /** With GET the query, otherwise the body: a text as it is, an object as a form. Templates. */
  data?: string | Readonly<Record<string, string | number | boolean>>;
  /** Templates. */
  headers?: Readonly<Record<string, string>>;
  /** The connection with host, login and headers; null: none. @default "http_default" */
  httpConnId?: string | null;
  /** Seconds within which the whole answer has to come. @default the connection's `timeout`, else none */
  timeout?: number;
  /** @default true */
  followRedirects?: boolean;
}

export interface HttpRequestOptions extends HttpOptions {
  /** @default "POST" */
  method?: string;
  /** Says whether the answer is a good one; the task fails when it is not. */
  responseCheck?: (response: HttpResponse) => boolean | Promise<boolean>;
  /** Makes the task's result of the answer. @default its text */
  responseFilter?: (response: HttpResponse) => unknown;
  /** Whether the answer's text goes to the log. @default false */
  logResponse?: boolean;
}

const isData: OptionRule = [
  (value) =>
    typeof value === "string" ||
    (typeof value === "object" &&
      value !== null &&
      Object.values(value).every((item) => ["string", "number", "boolean"].includes(typeof item))),
  "must be a string, or an object of strings, numbers and booleans; give JSON as a string",
];

export const HTTP_RULES: OptionRules<HttpOptions> = {
  endpoint: isText,
  data: isData,
  headers: areTexts,
  httpConnId: isTextOrNull,
  timeout: isSeconds,
  followRedirects: isFlag,
};

const RULES: OptionRules<HttpRequestOptions> = {
  ...HTTP_RULES,
  method: [
    (value) => typeof value === "string" && /^[A-Z]+$/.test(value),
    "must be a method in capital letters, such as GET",
  ],
  responseCheck: isFunction,
  responseFilter: isFunction,
  logResponse: isFlag,
};

/**
 * Calls an HTTP endpoint; the answer's text is the task's result (Airflow's HttpOperator). An answer of 400 or above
 * fails the try.
 *
 * ```ts
 * dag.task("fetch", httpRequest({ method: "GET", endpoint: "rates", responseFilter: (answer) => answer.json() }))();
 * ```
 */
export function httpRequest(options: HttpRequestOptions): Operator<OptionInputs<HttpRequestOptions>, unknown> {
  const declared = readOptions("httpRequest", options, RULES, ["endpoint"]);
  const { endpoint, data, headers } = declared;
  return operator({
    operatorName: "HttpOperator",
    label: "httpRequest",
    uiColor: "#f4a460",
    templateFields: { endpoint, data, headers },
    execute: (inputs, fields) => request(withInputs("httpRequest", { ...declared, ...fields }, inputs, RULES)),
  });
}

async function request(options: HttpRequestOptions): Promise<unknown> {
  const { method = "POST", httpConnId = "http_default", responseCheck, responseFilter, logResponse, ...rest } = options;
  console.log("Calling HTTP method");
  const response = await callHttp({ ...rest, method, connId: httpConnId });
  if (logResponse) console.log(response.text);
  if (responseCheck && !(await responseCheck(response))) throw new Error("Response check returned False.");
  return responseFilter ? responseFilter(response) : response.text;
}
