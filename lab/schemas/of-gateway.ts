import type { JsonSchema } from './json-schema.ts';

/** What each line of a run of several gateways says beside its own fields (lab/run/evidence-files.ts). */
const GATEWAY: JsonSchema = {
  description: 'Number of the gateway that it is of, from 1; absent: there is one.',
  type: 'integer',
  minimum: 1,
};

/** The schema of a line, in each of its forms with the number of its gateway. */
export function ofGateway(schema: JsonSchema): JsonSchema {
  const forms = new Set<string>();
  const told = withGateway(schema, forms);
  if (schema.$defs === undefined) return told;
  const named = { ...(schema.$defs as Record<string, JsonSchema>) };
  for (const name of forms) named[name] = withGateway(named[name] as JsonSchema, forms);
  return { ...told, $defs: named };
}

/** `forms` gets the names of those that stand elsewhere; what is added to it while it is gone through is gone through as well. */
function withGateway(schema: JsonSchema, forms: Set<string>): JsonSchema {
  const told = { ...schema };
  if (typeof schema.$ref === 'string') forms.add(schema.$ref.replace('#/$defs/', ''));
  if (schema.properties) told.properties = { ...schema.properties, gateway: GATEWAY };
  for (const keyword of ['anyOf', 'oneOf'])
    if (schema[keyword])
      told[keyword] = (schema[keyword] as JsonSchema[]).map((one) => withGateway(one, forms));
  return told;
}
