import { defineCommand } from "../command.ts";
import { runService, SERVICE_FLAGS } from "../run-service.ts";

export const command = defineCommand({
  summary: "Start a triggerer, which looks after what deferred tasks wait for",
  longRunning: true,
  flags: {
    capacity: { type: "number", help: "The maximum number of triggers that it looks after at one time" },
    ...SERVICE_FLAGS,
  },
  async run(input) {
    const { capacity } = input.flags;
    await runService("triggerer", input, async (context) => {
      const { runTriggerer } = await import("#triggerer/triggerer.ts");
      await runTriggerer({ ...context, capacity });
    });
  },
});
