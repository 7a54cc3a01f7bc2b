import { z } from 'zod';

const anything = z.record(z.string(), z.unknown());

const parameter = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  required: z.boolean().default(false),
  schema: anything.default({}),
});
export type Parameter = z.infer<typeof parameter>;

const content = z.record(z.string(), z.object({ schema: anything.optional() })).default({});

const body = z.object({ required: z.boolean().default(false), content });

const operation = z.object({
  operationId: z.string(),
  parameters: z.array(anything).default([]),
  requestBody: anything.optional(),
  responses: z.record(z.string(), anything),
});

const pathItem = z.object({
  parameters: z.array(anything).default([]),
  get: operation.optional(),
  post: operation.optional(),
  put: operation.optional(),
  patch: operation.optional(),
  delete: operation.optional(),
});

/** The parts of an OpenAPI 3.0 document that requests and answers are checked against. */
export const openApiDocument = z.looseObject({ paths: z.record(z.string(), pathItem), components: anything.default({}) });
type OpenApiDocument = z.infer<typeof openApiDocument>;

export type DescribedOperation = {
  method: string;
  path: string;
  operationId: string;
  parameters: Parameter[];
  requestBody: z.infer<typeof body> | null;
  responses: Map<string, z.infer<typeof content>>;
};

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** Every operation of a document, with the references of its parameters, bodies and responses followed. */
export function describedOperations(document: OpenApiDocument): DescribedOperation[] {
  const follow = (node: Record<string, unknown>) => followReference(document, node);
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const found = item[method];
      if (!found) return [];
      const responses = Object.entries(found.responses).map(
        ([status, response]) => [status, z.object({ content }).parse(follow(response)).content] as const,
      );
      return {
        method: method.toUpperCase(),
        path,
        operationId: found.operationId,
        parameters: [...item.parameters, ...found.parameters].map((node) => parameter.parse(follow(node))),
        requestBody: found.requestBody ? body.parse(follow(found.requestBody)) : null,
        responses: new Map(responses),
      };
    }),
  );
}

function followReference(document: OpenApiDocument, node: Record<string, unknown>): unknown {
  const reference = node['$ref'];
  if (typeof reference !== 'string') return node;
  return reference
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((place, key) => anything.parse(place)[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

const discriminated = z.object({
  discriminator: z.object({ propertyName: z.string(), mapping: z.record(z.string(), z.string()) }),
});

/** The schema that a discriminator selects for a value; null where the schema has none or does not know the value. */
export function variantSchema(document: OpenApiDocument, schema: Record<string, unknown>, value: unknown): { $ref: string } | null {
  const base = discriminated.safeParse(followReference(document, schema));
  const fields = anything.safeParse(value);
  if (!base.success || !fields.success) return null;
  const { propertyName, mapping } = base.data.discriminator;
  const $ref = mapping[String(fields.data[propertyName])];
  return $ref === undefined ? null : { $ref };
}

/** OpenAPI 3.0's `nullable` in JSON Schema's words, everywhere below a node. */
export function translateNullable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(translateNullable);
  const parsed = anything.safeParse(node);
  if (!parsed.success) return node;
  const { nullable, ...schema } = parsed.data;
  const translated = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, translateNullable(value)]));
  if (nullable === undefined) return translated;
  if (nullable !== true) return typeof nullable === 'boolean' ? translated : { ...translated, nullable: translateNullable(nullable) };
  return { anyOf: [{ type: 'null' }, translated] };
}
