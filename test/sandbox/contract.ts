import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { parse } from 'yaml';
import { z } from 'zod';
import { answerProblems, bodyProblems, parameterProblems, type SchemaCheck } from './contract-checks.js';
import type { DoubleAnswer, DoubleRequest } from './http-message.js';
import { describedOperations, openApiDocument, translateNullable, variantSchema } from './openapi.js';
import { createMatcher } from './path-template.js';

/** What a vendor's OpenAPI document says about requests and answers; each check returns the violations in words. */
export type Contract = {
  checkRequest: (request: DoubleRequest) => string[];
  checkAnswer: (request: DoubleRequest, answer: DoubleAnswer) => string[];
  /** Checks a value against a schema of the document, written as in the document. */
  check: SchemaCheck;
};

type ContractScope = {
  /** The part of the path that the document's server address holds, e.g. `/v1.0`. */
  basePath?: string;
  /** Beginnings of paths that the document deliberately leaves out. */
  exempt?: string[];
};

/** Where contracts are read from. */
export const contractsDirectory = resolve(process.env['CONTRACTS_DIR'] ?? '../shared/contracts');

/** Okta's contract; undefined where its file is absent. The System Log and the metadata are not in Okta's subset. */
export function oktaContract(): Contract | undefined {
  return loadContract('okta-openapi.yaml', { exempt: ['/api/v1/logs', '/.well-known/'] });
}

/** Microsoft Graph's contract; undefined where its file is absent. The token endpoint is not part of Graph. */
export function graphContract(): Contract | undefined {
  return loadContract('graph-openapi.yaml', { basePath: '/v1.0' });
}

const loaded = new Map<string, Contract>();

function loadContract(name: string, scope: ContractScope): Contract | undefined {
  const file = join(contractsDirectory, name);
  if (!existsSync(file)) return undefined;
  const contract = loaded.get(file) ?? createContract(parse(readFileSync(file, 'utf8')), scope);
  loaded.set(file, contract);
  return contract;
}

/** A contract from a parsed OpenAPI 3.0 document; schemas are compiled when first needed. */
export function createContract(document: unknown, { basePath = '', exempt = [] }: ContractScope = {}): Contract {
  const described = openApiDocument.parse(document);
  const match = createMatcher(describedOperations(described));
  const check = createSchemaCheck(document);

  const checkVariant: SchemaCheck = (schema, value) => {
    const variant = variantSchema(described, schema, value);
    return [...check(schema, value), ...(variant ? check(variant, value) : [])];
  };

  function find({ method, pathname }: DoubleRequest) {
    return pathname.startsWith(`${basePath}/`) ? match(method, pathname.slice(basePath.length)) : null;
  }

  function isExempt({ pathname }: DoubleRequest): boolean {
    const outside = basePath !== '' && !pathname.startsWith(`${basePath}/`);
    return outside || exempt.some((beginning) => pathname.startsWith(beginning));
  }

  function checkRequest(request: DoubleRequest): string[] {
    const found = find(request);
    if (!found) return isExempt(request) ? [] : [`${request.method} ${request.pathname}: not in the contract`];
    const { operation, params } = found;
    const problems = [...parameterProblems(operation, { request, params }, check), ...bodyProblems(operation, request, checkVariant)];
    return problems.map((problem) => `${operation.operationId}: ${problem}`);
  }

  function checkAnswer(request: DoubleRequest, answer: DoubleAnswer): string[] {
    const operation = find(request)?.operation;
    if (!operation) return [];
    return answerProblems(operation, answer, check).map((problem) => `${operation.operationId} answered ${answer.status}: ${problem}`);
  }

  return { checkRequest, checkAnswer, check };
}

function createSchemaCheck(document: unknown): SchemaCheck {
  const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false, logger: false });
  ajvFormats.default(ajv);
  ajv.addSchema(z.record(z.string(), z.unknown()).parse(translateNullable(document)), 'contract');
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return (schema, value) => {
    const key = JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"contract#/');
    const validate = compiled.get(key) ?? ajv.compile(z.record(z.string(), z.unknown()).parse(translateNullable(JSON.parse(key))));
    compiled.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || 'value'} ${message ?? 'is wrong'}`);
  };
}
