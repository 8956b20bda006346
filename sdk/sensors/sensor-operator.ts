import { AirflowSkipException, TaskDeferralTimeout } from "../errors.ts";
import type { JsonValue } from "../json.ts";
import { type Operator, type OperatorDefinition, operator } from "../operator.ts";
import type { TemplateFields } from "../template-fields.ts";
import type { SerializedTrigger } from "../triggers/trigger.ts";
import type { PokeResult } from "./poke-return.ts";
import { POKE_METHOD, runSensor, secondsSince, startOf, timedOut } from "./run-sensor.ts";
import { type ReadSensorOptions, serializedSensor } from "./sensor-options.ts";

/** A sensor as an operator: what it looks at, and how it waits. */
export interface SensorDefinition<A, R, F extends TemplateFields>
  extends Omit<OperatorDefinition<A, R | undefined, F>, "execute" | "methods" | "onDeferralError"> {
  readonly options: ReadSensorOptions;
  /** Whether what it waits for is there. `fields`: the template fields as they are for this try. */
  poke(inputs: A, fields: F): PokeResult<R> | Promise<PokeResult<R>>;
  /** What a deferrable one waits for after its first poke. @default the time of the next poke */
  trigger?(inputs: A, fields: F): SerializedTrigger | Promise<SerializedTrigger>;
  /** What the trigger's event means; throws for one that is a failure. @default nothing more than that it is over */
  conclude?(event: JsonValue, inputs: A, fields: F): R | undefined | Promise<R | undefined>;
}

/** Declares a sensor. */
export function sensorOperator<A = void, R = unknown, F extends TemplateFields = TemplateFields>(
  definition: SensorDefinition<A, R, F>,
): Operator<A, R | undefined> {
  const { options, poke, trigger, conclude, ...rest } = definition;
  const run = (inputs: A, fields: F) =>
    runSensor(options, () => poke(inputs, fields), trigger && (() => trigger(inputs, fields)));
  return operator<A, R | undefined, F>({
    uiColor: "#e6f1f2",
    ...rest,
    serializedFields: { ...serializedSensor(options), ...rest.serializedFields },
    execute: run,
    methods: {
      [POKE_METHOD]: (_, inputs, fields) => run(inputs, fields),
      executeComplete: async ({ event }, inputs, fields) => {
        const result = await conclude?.(event, inputs, fields);
        console.log("Success criteria met. Exiting.");
        return result;
      },
    },
    onDeferralError(error) {
      if (error instanceof TaskDeferralTimeout) throw timedOut(options, secondsSince(startOf(options)));
      if (options.softFail) throw new AirflowSkipException(error.message, { cause: error });
      throw error;
    },
  });
}
