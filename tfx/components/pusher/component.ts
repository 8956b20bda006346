import type { Channel } from "../../pipeline/channel.ts";
import { InfraBlessing, Model, ModelBlessing, PushedModel } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";
import type { Json } from "../executor.ts";

const spec = {
  typeName: "tfx.components.pusher.component.Pusher",
  inputs: {
    model: { type: Model, optional: true },
    model_blessing: { type: ModelBlessing, optional: true },
    infra_blessing: { type: InfraBlessing, optional: true },
  },
  outputs: { pushed_model: PushedModel },
  parameters: {
    push_destination: { type: "object" },
    custom_config: { type: "object", optional: true },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

/** Where a model goes. Folders are the only destination. */
export interface PushDestination {
  readonly filesystem: {
    /** The folder that gets one sub-folder per version, as TensorFlow Serving expects it. */
    readonly baseDirectory: string;
    /** How a version is numbered; both mean the Unix time in seconds. @default "AUTO" */
    readonly versioning?: "AUTO" | "UNIX_TIMESTAMP";
  };
}

export interface PusherArguments {
  readonly model?: Channel;
  /** When given, only a model that was blessed is pushed. */
  readonly modelBlessing?: Channel;
  readonly infraBlessing?: Channel;
  readonly pushDestination: PushDestination;
  readonly customConfig?: { readonly [key: string]: Json };
}

/**
 * Copies a blessed model to where it is served from. A model that is not blessed is left where it is, and the
 * component succeeds.
 *
 * @example
 * ```ts
 * new Pusher({
 *   model: trainer.outputs.model,
 *   modelBlessing: evaluator.outputs.blessing,
 *   pushDestination: { filesystem: { baseDirectory: "/srv/models/taxi" } },
 * });
 * ```
 */
export class Pusher extends BaseComponent<typeof spec> {
  constructor({ pushDestination, ...args }: PusherArguments) {
    if (!args.model && !args.infraBlessing) {
      throw new Error("Either one of model or infraBlessing channel should be given to Pusher; got neither.");
    }
    super(spec, { ...args, pushDestination: destinationProperty(pushDestination) });
  }
}

/** The destination as TFX records it, in the field names of `pusher.proto`. */
function destinationProperty(destination: PushDestination): Json {
  const { baseDirectory, versioning } = destination?.filesystem ?? {};
  if (typeof baseDirectory !== "string" || baseDirectory === "") {
    throw new TypeError(
      `pushDestination should be { filesystem: { baseDirectory: "…" } }, got ${JSON.stringify(destination)}`,
    );
  }
  if (versioning !== undefined && versioning !== "AUTO" && versioning !== "UNIX_TIMESTAMP") {
    throw new TypeError(`pushDestination's versioning should be AUTO or UNIX_TIMESTAMP, got ${String(versioning)}`);
  }
  return { filesystem: { base_directory: baseDirectory, versioning } };
}
