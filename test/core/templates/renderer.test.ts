import test from "ava";
import { createTemplateRenderer } from "#core/templates/renderer.ts";

const request = (template: string, context = {}) => ({
  fields: { it: template },
  context,
  fetched: {},
  undefinedAs: "strict" as const,
  native: false,
});

test("a template that loops for ever fails in the limit, and the next one renders", async (t) => {
  const renderer = createTemplateRenderer(1);
  t.teardown(() => renderer.close());
  const nested = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
  const [endless, next] = await Promise.all([
    renderer.render(request(nested)),
    renderer.render(request("{{ 1 + 1 }}")),
  ]);
  t.deepEqual(endless, {
    kind: "failed",
    message: "Rendering took longer than 1 s ([core] template_rendering_timeout): a template may loop for ever",
  });
  t.deepEqual(next, { kind: "rendered", fields: { it: "2" } });
});

test("a template that takes all memory fails, and the next one renders", async (t) => {
  const renderer = createTemplateRenderer(20);
  t.teardown(() => renderer.close());
  t.like(await renderer.render(request("{{ ('a' * 1000000000) | length }}")), { kind: "failed" });
  t.deepEqual(await renderer.render(request("{{ x }}", { x: "y" })), { kind: "rendered", fields: { it: "y" } });
});

test("a closed renderer takes no more templates; closing twice is fine", async (t) => {
  const renderer = createTemplateRenderer(1);
  renderer.close();
  renderer.close();
  await t.throwsAsync(renderer.render(request("{{ 1 }}")), { message: "The worker is shutting down" });
});
