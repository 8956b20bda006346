import type { AirflowConfig } from "#core/config/options.ts";
import type { Connection } from "#core/secrets/connection.ts";

/** The connection that mails go by when none is named. */
export const MAIL_CONNECTION = "smtp_default";

/** What `[smtp]` of airflow.cfg says, as the connection that it stands in for. */
export function mailDefault(smtp: AirflowConfig["smtp"]): Connection {
  return {
    id: MAIL_CONNECTION,
    type: "smtp",
    description: "[smtp] of airflow.cfg",
    host: smtp.smtp_host,
    schema: null,
    login: smtp.smtp_user || null,
    password: smtp.smtp_password || null,
    port: smtp.smtp_port,
    extra: JSON.stringify({
      from_email: smtp.smtp_mail_from,
      timeout: smtp.smtp_timeout,
      retry_limit: smtp.smtp_retry_limit,
      disable_tls: !smtp.smtp_starttls,
      disable_ssl: !smtp.smtp_ssl,
    }),
  };
}
