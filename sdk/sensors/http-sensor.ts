import type { Operator } from "../operator.ts";
import { callHttp, HttpError, type HttpResponse } from "../operators/http-call.ts";
import { HTTP_RULES, type HttpOptions } from "../operators/http-request.ts";
import { isFunction, type OptionInputs, type OptionRules, readOptions, withInputs } from "../operators/options.ts";
import type { PokeResult } from "./poke-return.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

/** How each request is made; for how long one may take says the connection. */
type Request = Omit<HttpOptions, "timeout">;

export interface HttpSensorOptions extends Request, SensorOptions {
  /** @default "GET" */
  method?: string;
  /** Says whether the answer is what is waited for. @default every answer below 400 is */
  responseCheck?: (response: HttpResponse) => PokeResult | Promise<PokeResult>;
  /** Statuses that mean "not yet", as the beginnings of their texts; any other of 400 and above fails the try. @default ["404"] */
  responseErrorCodesAllowlist?: readonly string[];
}

const RULES: OptionRules<HttpSensorOptions> = {
  ...HTTP_RULES,
  ...SENSOR_RULES,
  method: [
    (value) => typeof value === "string" && /^[A-Z]+$/.test(value),
    "must be a method in capital letters, such as GET",
  ],
  responseCheck: isFunction,
  responseErrorCodesAllowlist: [
    (value) => Array.isArray(value) && value.every((code) => typeof code === "string"),
    "must be an array of strings",
  ],
};

/** Waits until an HTTP endpoint answers, and as it should (Airflow's HttpSensor). With `deferrable` it holds no slot meanwhile. */
export function httpSensor(options: HttpSensorOptions): Operator<OptionInputs<Request>, unknown> {
  const declared = readOptions("httpSensor", options, RULES, ["endpoint"]);
  const { endpoint, data, headers } = declared;
  return sensorOperator<OptionInputs<Request>, unknown>({
    operatorName: "HttpSensor",
    label: "httpSensor",
    options: sensorOptions(declared),
    templateFields: { endpoint, data, headers },
    poke: (inputs, fields) => poke(withInputs("httpSensor", { ...declared, ...fields }, inputs ?? {}, RULES)),
  });
}

async function poke(options: HttpSensorOptions): Promise<PokeResult> {
  const { method = "GET", httpConnId = "http_default", responseErrorCodesAllowlist: notYet = ["404"] } = options;
  const { endpoint, data, headers, followRedirects } = options;
  console.log(`Poking: ${endpoint}`);
  try {
    const response = await callHttp({ endpoint, data, headers, followRedirects, method, connId: httpConnId });
    return options.responseCheck ? await options.responseCheck(response) : true;
  } catch (error) {
    if (error instanceof HttpError && notYet.some((code) => error.message.startsWith(code))) return false;
    throw error;
  }
}
