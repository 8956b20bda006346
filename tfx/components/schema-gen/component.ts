import type { Channel } from "../../pipeline/channel.ts";
import { ExampleStatistics, Schema } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";

const spec = {
  typeName: "tfx.components.schema_gen.component.SchemaGen",
  inputs: { statistics: { type: ExampleStatistics } },
  outputs: { schema: Schema },
  parameters: {
    infer_feature_shape: { type: "boolean", default: true },
    exclude_splits: { type: "array", default: [] },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

export interface SchemaGenArguments {
  readonly statistics: Channel;
  /** Whether a feature that always has the same number of values gets a fixed shape. @default true */
  readonly inferFeatureShape?: boolean;
  /** Splits to leave out. @default none */
  readonly excludeSplits?: readonly string[];
}

/** Infers a schema from the statistics of the first split, and makes it fit those of the others. */
export class SchemaGen extends BaseComponent<typeof spec> {
  constructor(args: SchemaGenArguments) {
    super(spec, { ...args });
  }
}
