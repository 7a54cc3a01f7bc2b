import { formFields, type DoubleAnswer, type DoubleRequest } from './http-message.js';
import type { DescribedOperation, Parameter } from './openapi.js';

/** Checks a value against a schema, written as in an OpenAPI document; returns what is wrong in words. */
export type SchemaCheck = (schema: Record<string, unknown>, value: unknown) => string[];

/** What is wrong with the path, query and header parameters of a request; an undeclared query parameter is. */
export function parameterProblems(
  operation: DescribedOperation,
  { request, params }: { request: DoubleRequest; params: Record<string, string> },
  check: SchemaCheck,
): string[] {
  const declared = new Set(operation.parameters.filter(({ in: place }) => place === 'query').map(({ name }) => name));
  const undeclared = [...request.query.keys()].filter((name) => !declared.has(name)).map((name) => `query parameter ${name} is not declared`);
  const wrong = operation.parameters.flatMap((parameter) => {
    const text = sentText(parameter, request, params);
    if (text === null) return parameter.required ? [`${parameter.in} parameter ${parameter.name} is missing`] : [];
    return check(parameter.schema, typed(text, parameter.schema['type'])).map(
      (problem) => `${parameter.in} parameter ${parameter.name}: ${problem}`,
    );
  });
  return [...undeclared, ...wrong];
}

function sentText({ name, in: place }: Parameter, request: DoubleRequest, params: Record<string, string>): string | null {
  if (place === 'path') return params[name] ?? null;
  if (place === 'query') return request.query.get(name);
  return place === 'header' ? (request.headers[name.toLowerCase()] ?? null) : null;
}

function typed(text: string, type: unknown): unknown {
  if (type === 'integer' || type === 'number') return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
  if (type === 'boolean' && ['true', 'false'].includes(text)) return text === 'true';
  return type === 'array' ? text.split(',') : text;
}

/** What is wrong with the body of a request. */
export function bodyProblems({ requestBody }: DescribedOperation, request: DoubleRequest, check: SchemaCheck): string[] {
  if (request.body === '') return requestBody?.required ? ['the body is missing'] : [];
  if (!requestBody) return ['a body was sent where none is declared'];
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const schema = requestBody.content[type]?.schema;
  if (!schema) return [`content type ${type || '(none)'} is not declared`];
  const value = type === 'application/x-www-form-urlencoded' ? formFields(request) : json(request.body);
  return check(schema, value).map((problem) => `body: ${problem}`);
}

/** What is wrong with an answer; one with `www-authenticate` may lack the declared body (Okta, DPoP). */
export function answerProblems({ responses }: DescribedOperation, answer: DoubleAnswer, check: SchemaCheck): string[] {
  const content = responses.get(String(answer.status));
  if (!content) return ['the status is not declared'];
  const schema = content['application/json']?.schema;
  if (answer.body === undefined) return schema && !answer.headers?.['www-authenticate'] ? ['the body is missing'] : [];
  if (!schema) return ['a body was sent where none is declared'];
  return check(schema, answer.body).map((problem) => `body: ${problem}`);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
