// A mail. It is only sent where a connection with the id example_mail says how, such as
//   airflow connections add example_mail --conn-uri 'smtp://user:password@mail.example.com:465/?from_email=me%40example.com'
import { Dag, email, getClient } from "daisy";

const dag = new Dag("example_email", { description: "A mail, where there is a mail server", tags: ["example"] });

const send = dag.task(
  "send",
  email({
    connId: "example_mail",
    to: "you@example.com",
    subject: "Greetings of {{ ds }}",
    htmlContent: "<p>The run <b>{{ run_id }}</b> sends its greetings.</p>",
  }),
  // Who is told when the mail cannot be sent, by the connection smtp_default or [smtp] of airflow.cfg.
  { email: "ops@example.com", emailOnRetry: false, retries: 1 },
)();

const say = dag.task("say", async () => console.log("There is no connection example_mail"))();

dag
  .if(async () => (await getClient().getConnection("example_mail")) !== null, undefined, { taskId: "can_send" })
  .then(send)
  .else(say);
