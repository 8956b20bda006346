import { defineCommand } from "../command.ts";
import { banner } from "../version.ts";

export const command = defineCommand({
  summary: "Show the version",
  async run({ console }) {
    console.print(await banner());
  },
});
