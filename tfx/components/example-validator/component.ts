import type { Channel } from "../../pipeline/channel.ts";
import { ExampleAnomalies, ExampleStatistics, Schema } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";

const spec = {
  typeName: "tfx.components.example_validator.component.ExampleValidator",
  inputs: { statistics: { type: ExampleStatistics }, schema: { type: Schema } },
  outputs: { anomalies: ExampleAnomalies },
  parameters: { exclude_splits: { type: "array", default: [] } },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

export interface ExampleValidatorArguments {
  readonly statistics: Channel;
  readonly schema: Channel;
  /** Splits to leave out. @default none */
  readonly excludeSplits?: readonly string[];
}

/** Checks the statistics of each split against the schema; anomalies are recorded and do not fail the run. */
export class ExampleValidator extends BaseComponent<typeof spec> {
  constructor(args: ExampleValidatorArguments) {
    super(spec, { ...args });
  }
}
