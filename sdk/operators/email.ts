import { type Operator, operator } from "../operator.ts";
import { readAddresses, sendMail } from "../send-mail.ts";
import { getClient, getContext } from "../task-scope.ts";
import {
  areTexts,
  isFilledText,
  isText,
  isTextOrTexts,
  type OptionInputs,
  type OptionRules,
  readOptions,
  withInputs,
} from "./options.ts";

export interface EmailOptions {
  /** Addresses, in an array or with commas or semicolons between them. */
  to: string | readonly string[];
  subject: string;
  /** The text, as HTML. */
  htmlContent: string;
  cc?: string | readonly string[];
  bcc?: string | readonly string[];
  /** Paths of files to attach. */
  files?: string | readonly string[];
  /** @default the connection's `from_email` */
  fromEmail?: string;
  customHeaders?: Readonly<Record<string, string>>;
  /** A connection of type smtp. @default "smtp_default", which is `[smtp]` of airflow.cfg when nobody has defined it */
  connId?: string;
}

const RULES: OptionRules<EmailOptions> = {
  to: isTextOrTexts,
  subject: isText,
  htmlContent: isText,
  cc: isTextOrTexts,
  bcc: isTextOrTexts,
  files: isTextOrTexts,
  fromEmail: isFilledText,
  customHeaders: areTexts,
  connId: isFilledText,
};

/** Sends a mail (Airflow's EmailOperator). */
export function email(options: EmailOptions): Operator<OptionInputs<EmailOptions>, void> {
  const declared = readOptions("email", options, RULES, ["to", "subject", "htmlContent"]);
  const { to, subject, htmlContent, cc, bcc, files, fromEmail, connId } = declared;
  return operator({
    operatorName: "EmailOperator",
    label: "email",
    uiColor: "#e6faf9",
    templateFields: { to, subject, htmlContent, cc, bcc, files, fromEmail, connId },
    templateExt: [".html"],
    execute: (inputs, fields) => send(withInputs("email", { ...declared, ...fields }, inputs, RULES)),
  });
}

async function send({ connId = "smtp_default", htmlContent, customHeaders, ...mail }: EmailOptions): Promise<void> {
  const to = readAddresses(mail.to);
  if (to.length === 0) throw new Error("The mail has no address to go to");
  const connection = await getClient().getConnectionOrThrow(connId);
  await sendMail(
    connection,
    {
      ...{ to, cc: readAddresses(mail.cc), bcc: readAddresses(mail.bcc), from: mail.fromEmail },
      ...{ subject: mail.subject, html: htmlContent, headers: customHeaders },
      files: [mail.files ?? []].flat(),
    },
    getContext().signal,
  );
  console.log(`Sent an email to ${to.join(", ")}`);
}
