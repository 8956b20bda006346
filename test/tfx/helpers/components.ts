import { writeFile } from "node:fs/promises";
import path from "node:path";
import { BaseComponent } from "#tfx/components/base-component.ts";
import type { ComponentSpec, ResolveExecProperties } from "#tfx/components/component.ts";
import type { Execute, ExecutorContext, Json } from "#tfx/components/executor.ts";
import type { Channel } from "#tfx/pipeline/channel.ts";
import type { ArtifactLists } from "#tfx/types/artifact.ts";
import { Examples, Model, ModelBlessing } from "#tfx/types/artifact-type.ts";

/** What an executor of these components was called with. */
export interface Call {
  readonly inputs: ArtifactLists;
  readonly outputs: ArtifactLists;
  readonly execProperties: Readonly<Record<string, Json>>;
  readonly context: ExecutorContext;
}

/** Notes each call, writes one file into each output, and then does what the test asks for. */
export class Recorder {
  readonly calls: Call[] = [];
  behave: (call: Call) => void | Promise<void> = () => {};

  readonly execute: Execute = async (inputs, outputs, execProperties, context) => {
    const call = { inputs, outputs, execProperties, context };
    this.calls.push(call);
    for (const artifact of Object.values(outputs).flat()) await writeFile(path.join(artifact.uri, "data"), "x");
    await this.behave(call);
  };
}

/** A spec with an executor that each instance brings. */
type Loaded<Declared> = Declared & Pick<ComponentSpec, "executor" | "driver">;

const makerSpec = {
  typeName: "test.Maker",
  inputs: {},
  outputs: { examples: Examples },
  parameters: { rows: { type: "number", default: 1 }, module_file: { type: "string", optional: true } },
} as const;

/** Has no inputs, and writes Examples. */
export class Maker extends BaseComponent<Loaded<typeof makerSpec>> {
  constructor(
    recorder: Recorder,
    args: { readonly rows?: number; readonly moduleFile?: string } = {},
    resolveExecProperties?: ResolveExecProperties,
  ) {
    const driver = resolveExecProperties && (async () => ({ resolveExecProperties }));
    super({ ...makerSpec, executor: async () => recorder, driver }, args);
  }
}

const learnerSpec = {
  typeName: "test.Learner",
  inputs: { examples: { type: Examples }, base_model: { type: Model, optional: true } },
  outputs: { model: Model, model_blessing: ModelBlessing },
  parameters: {},
} as const;

/** Reads Examples, and writes a model and a blessing of it. */
export class Learner extends BaseComponent<Loaded<typeof learnerSpec>> {
  constructor(recorder: Recorder, args: { readonly examples: Channel; readonly baseModel?: Channel }) {
    super({ ...learnerSpec, executor: async () => recorder }, { ...args });
  }
}
