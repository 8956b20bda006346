import test, { type ExecutionContext } from "ava";
import type { Browser, Page } from "playwright-core";
import { emitAssetEvents } from "#core/database/assets.ts";
import type { Database } from "#core/database/connect.ts";
import { Asset } from "#sdk/index.ts";
import { buildConsole } from "#setup/build-console.ts";
import { sideBySide, storeDag } from "#test/core/database/dag-fixture.ts";
import { browse, launchChromium, picture } from "./helpers/browse.ts";
import { ask, seedScheduler } from "./helpers/seed.ts";
import { serve } from "./helpers/serve.ts";

let chromium: Browser;
test.before(async () => {
  await buildConsole();
  chromium = await launchChromium();
});
test.after.always(() => chromium?.close());

async function withConsole(
  t: ExecutionContext,
  work: (page: Page, db: Database, url: string) => Promise<void>,
  options: { dark?: boolean } = {},
): Promise<void> {
  await using server = await serve();
  await using browser = await browse(chromium, server.url, options);
  await seedScheduler(server.database);
  await work(browser.page, server.database, server.url);
  // The browser complains of an answer that was refused, as it should be.
  t.deepEqual(
    browser.complaints.filter((text) => !text.includes("400 (Bad Request)")),
    [],
  );
}

async function answerOf(db: Database, dagId: string): Promise<Record<string, unknown>> {
  const { rows } = await db.query(
    `select h.chosen_options, h.params_input, h.responded_by from hitl_detail h join dag_run r on r.id = h.dag_run_id
      where r.dag_id = $1`,
    [dagId],
  );
  return rows[0];
}

test.serial("open questions are counted, shown and answered", async (t) => {
  await withConsole(t, async (page, db, url) => {
    await ask(db, "release", {
      subject: "Where does taxi-7 go?",
      body: "It is better than taxi-6 by 2 %.",
      options: ["canary", "everywhere"],
      params: { share: { value: 0.1, description: "of the traffic", schema: { type: "number", maximum: 1 } } },
    });
    await ask(db, "colours", {
      subject: "Which colours?",
      options: ["red", "green", "blue"],
      multiple: true,
      assigned_users: [
        { id: "ann", name: "Ann" },
        { id: "bob", name: "Bob" },
      ],
    });
    await page.goto(`${url}/`);
    await page.getByRole("link", { name: "Required Actions 2" }).click();
    const release = page.getByRole("form", { name: "Where does taxi-7 go?" });
    await release.getByText("It is better than taxi-6 by 2 %.").waitFor();
    await picture(page, "required-actions");
    await release.getByLabel("share").fill("3");
    await release.getByRole("button", { name: "canary" }).click();
    await release.getByText('params_input "share" value must be <= 1').waitFor();
    await release.getByLabel("share").fill("0.3");
    await release.getByRole("button", { name: "canary" }).click();
    await release.waitFor({ state: "detached" });
    t.like(await answerOf(db, "release"), { chosen_options: ["canary"], params_input: { share: 0.3 } });

    const colours = page.getByRole("form", { name: "Which colours?" });
    await colours.getByRole("button", { name: "Answer" }).click();
    await colours.getByText("Choose at least one option").waitFor();
    await colours.getByLabel("red").check();
    await colours.getByLabel("blue").check();
    await colours.getByLabel("Answer as").selectOption("bob");
    await colours.getByRole("button", { name: "Answer" }).click();
    await page.getByText("No task waits for an answer.").waitFor();
    t.like(await answerOf(db, "colours"), {
      chosen_options: ["red", "blue"],
      responded_by: { id: "bob", name: "Bob" },
    });
    t.is(await page.locator(".badge").count(), 0);
  });
});

test.serial("assets are shown with who has to do with them, and DAGs with what they wait for", async (t) => {
  await withConsole(
    t,
    async (page, db, url) => {
      const [orders, prices] = [new Asset({ name: "orders", uri: "s3://shop/orders" }), new Asset({ name: "prices" })];
      await storeDag(db, "load", (dag) => dag.task("load", async () => 1, { outlets: orders })());
      await storeDag(db, "report", sideBySide("t"), { schedule: [orders, prices] });
      await page.goto(`${url}/`);
      const row = page.locator('tr[data-dag-id="report"]');
      await row.getByText("0 of 2 assets updated").waitFor();
      await emitAssetEvents(db, [{ name: "orders", uri: "s3://shop/orders", extra: { rows: 3 } }]);
      await row.getByText("1 of 2 assets updated").waitFor();
      await picture(page, "asset-progress");
      await page.goto(`${url}/dags/report/details`);
      await page.getByText("1 of 2 assets updated").click();
      const asset = page.locator('tr[data-asset="orders"]');
      await asset.getByText("load.load").waitFor();
      t.is(await asset.getByRole("link", { name: "report" }).count(), 1);
      await asset.getByRole("button", { name: "orders" }).click();
      await page.getByText('{"rows":3}').waitFor();
      await picture(page, "assets");
      await asset.getByRole("button", { name: "Materialize" }).click();
      await page.getByText("Started load to update orders.").waitFor();
      const { rows } = await db.query("select run_type from dag_run where dag_id = 'load'");
      t.deepEqual(rows, [{ run_type: "asset_materialization" }]);
    },
    { dark: true },
  );
});
