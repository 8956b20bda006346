import type { Channel } from "../../pipeline/channel.ts";
import { ExampleStatistics, Examples, Schema } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";

const spec = {
  typeName: "tfx.components.statistics_gen.component.StatisticsGen",
  inputs: { examples: { type: Examples }, schema: { type: Schema, optional: true } },
  outputs: { statistics: ExampleStatistics },
  parameters: {
    stats_options_json: { type: "string", optional: true },
    exclude_splits: { type: "array", default: [] },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

export interface StatisticsGenArguments {
  readonly examples: Channel;
  /** Says which integers are categories, whose values are then counted. */
  readonly schema?: Channel;
  /** The JSON of a TFDV `StatsOptions`. */
  readonly statsOptionsJson?: string;
  /** Splits to leave out. @default none */
  readonly excludeSplits?: readonly string[];
}

/** Computes statistics over each split of the examples, for display and validation. */
export class StatisticsGen extends BaseComponent<typeof spec> {
  constructor(args: StatisticsGenArguments) {
    super(spec, { ...args });
  }
}
