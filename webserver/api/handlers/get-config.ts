import { renderValue } from "#core/config/airflow-cfg.ts";
import { type AirflowConfig, OPTIONS, type Option } from "#core/config/options.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { ConfigAnswer, ConfigSectionAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { readString } from "../read-query.ts";

const REFUSAL = "Your Airflow administrator chose not to expose the configuration, most likely for security reasons.";
/** What stands for the value of a sensitive option, whatever `[api] expose_config` says. */
const HIDDEN = "< hidden >";

/** The configuration, or one section of it, as JSON or as the text of an airflow.cfg. */
export const getConfig: Handler = async (call): Promise<ConfigAnswer | undefined> => {
  const all = exposedSections(call);
  const wanted = readString(call.query, "section");
  const sections = wanted === undefined ? all : all.filter(({ name }) => name === wanted);
  if (sections.length === 0) throw new ApiError(404, `Section ${wanted} not found.`);
  return answer(call, sections);
};

/** One option. */
export const getConfigOption: Handler = async (call): Promise<ConfigAnswer | undefined> => {
  const { section = "", option = "" } = call.params;
  const found = exposedSections(call)
    .filter(({ name }) => name === section.toLowerCase())
    .map(({ name, options }) => ({ name, options: options.filter(({ key }) => key === option.toLowerCase()) }));
  if (found[0]?.options.length !== 1) throw new ApiError(404, `Option [${section}/${option}] not found.`);
  return answer(call, found);
};

/** @throws {ApiError} 403 unless `[api] expose_config` says otherwise */
function exposedSections({ server: { config } }: Call): ConfigSectionAnswer[] {
  if (config.api.expose_config === "False") throw new ApiError(403, REFUSAL);
  const values = config as unknown as Record<string, Record<string, string | number | boolean>>;
  return Object.entries(OPTIONS).map(([name, options]) => ({
    name,
    options: Object.entries(options as Record<string, Option>).map(([key, option]) => ({
      key,
      value: showValue(option, values[name]![key]!, config),
    })),
  }));
}

function showValue(option: Option, value: string | number | boolean, { home }: AirflowConfig): string {
  const text = renderValue(value, home);
  return option.sensitive && text !== "" ? HIDDEN : maskText(text);
}

function answer({ request, response }: Call, sections: ConfigSectionAnswer[]): ConfigAnswer | undefined {
  if (request.accepts(["application/json", "text/plain"]) !== "text/plain") return { sections };
  const text = sections.map(({ name, options }) => {
    const lines = options.map(({ key, value }) => `${key} = ${value}\n`);
    return `[${name}]\n${lines.join("")}`;
  });
  response.type("text/plain").send(text.join("\n"));
  return undefined;
}
