import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { contractsDirectory, createContract, oktaContract, type Contract } from './contract.js';
import type { DoubleRequest } from './http-message.js';

const thing = {
  paths: {
    '/things/{id}': {
      get: {
        operationId: 'getThing',
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string', minLength: 2 } },
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 5 } },
        ],
        responses: {
          200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } } },
          204: {},
        },
      },
      post: {
        operationId: 'changeThing',
        requestBody: { $ref: '#/components/requestBodies/Change' },
        responses: { 204: {} },
      },
    },
  },
  components: {
    requestBodies: {
      Change: { required: true, content: { 'application/x-www-form-urlencoded': { schema: { $ref: '#/components/schemas/Change' } } } },
    },
    schemas: {
      Thing: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, owner: { type: 'string', nullable: true, enum: ['a', 'b'] }, part: { $ref: '#/components/schemas/Part' } },
      },
      Part: { nullable: true, allOf: [{ type: 'object', properties: { made: { type: 'string', format: 'date-time' } } }] },
      Change: {
        type: 'object',
        properties: { kind: { type: 'string' } },
        discriminator: { propertyName: 'kind', mapping: { move: '#/components/schemas/Move' } },
      },
      Move: { type: 'object', required: ['to'] },
    },
  },
};

function request(method: string, path: string, fields: Partial<DoubleRequest> = {}): DoubleRequest {
  const [pathname = '', query = ''] = path.split('?');
  return { method, origin: 'http://127.0.0.1', path, pathname, query: new URLSearchParams(query), headers: {}, body: '', ...fields };
}

const contract = createContract(thing, { basePath: '/v1', exempt: ['/v1/extra'] });

test.each([
  ['/v1/things/ab?limit=5', []],
  ['/v1/things/a?limit=5', ['getThing: path parameter id: value must NOT have fewer than 2 characters']],
  ['/v1/things/ab?limit=6', ['getThing: query parameter limit: value must be <= 5']],
  ['/v1/things/ab?limit=x', ['getThing: query parameter limit: value must be integer']],
  ['/v1/things/ab?depth=1', ['getThing: query parameter depth is not declared']],
  ['/v1/others', ['GET /v1/others: not in the contract']],
  ['/v1/extra/logs', []],
  ['/oauth2/token', []],
])('a request of %s breaks %j', (path, violations) => {
  expect(contract.checkRequest(request('GET', path))).toEqual(violations);
});

const form = { 'content-type': 'application/x-www-form-urlencoded' };

test.each([
  ['kind=move&to=x', form, []],
  ['kind=move', form, ["changeThing: body: value must have required property 'to'"]],
  ['', {}, ['changeThing: the body is missing']],
  ['{}', { 'content-type': 'application/json' }, ['changeThing: content type application/json is not declared']],
])('a body of "%s" breaks what the schema of its kind says', (body, headers, violations) => {
  expect(contract.checkRequest(request('POST', '/v1/things/ab', { body, headers }))).toEqual(violations);
});

test.each([
  [{ status: 200, body: { name: 'x', owner: null, part: null } }, []],
  [{ status: 200, body: { name: 'x', part: { made: '2025-01-01T00:00:00Z' } } }, []],
  [{ status: 200, body: { name: 'x', owner: 'c' } }, ['/owner must be null', '/owner must be equal to one of the allowed values', '/owner must match a schema in anyOf']],
  [{ status: 200, body: {} }, ["value must have required property 'name'"]],
  [{ status: 200 }, ['the body is missing']],
  [{ status: 204, body: {} }, ['a body was sent where none is declared']],
  [{ status: 404, body: {} }, ['the status is not declared']],
])('an answer of %j breaks %j', (answer, violations) => {
  const problems = contract.checkAnswer(request('GET', '/v1/things/ab'), answer);
  expect(problems.map((problem) => problem.replace(/^getThing answered \d+: (body: )?/, ''))).toEqual(violations);
});

const found = oktaContract();
if (!found) console.warn(`no Okta contract in ${contractsDirectory}: its examples are skipped`);
const describeOkta = found ? describe : describe.skip;

describeOkta("Okta's contract", () => {
  const okta: Contract = found ?? contract;
  const examples = join(contractsDirectory, 'okta-examples');
  const index = z.array(z.object({ example: z.string(), where: z.string(), method: z.string(), path: z.string(), schema: z.looseObject({}) }));

  function read(file: string): unknown {
    return JSON.parse(readFileSync(join(examples, file), 'utf8'));
  }

  test('holds every example that Okta publishes', () => {
    const entries = index.parse(read('_index.json'));
    const problems = entries.flatMap(({ example, schema }) => {
      return okta.check(schema, read(`${example}.json`)).map((problem) => `${example}: ${problem}`);
    });
    expect(entries.length).toBeGreaterThan(90);
    expect(problems).toEqual([]);
  });

  test('holds every recorded answer of the operations that it describes', () => {
    const recording = z.object({
      interactions: z.array(z.object({ method: z.string(), path: z.string(), status: z.number(), body: z.unknown() })),
    });
    const files = readdirSync(join(examples, 'recorded'));
    const answers = files.flatMap((file) => recording.parse(read(`recorded/${file}`)).interactions);
    const described = answers.filter(({ method, path }) => okta.checkRequest(request(method, path)).every((problem) => !problem.endsWith('not in the contract')));
    const problems = described.flatMap(({ method, path, status, body }) =>
      okta.checkAnswer(request(method, path), { status, body: body ?? undefined }),
    );
    expect(described.length).toBeGreaterThan(50);
    expect(problems).toEqual([]);
  });

  test('refuses an example with one member made wrong', () => {
    const devices = z.array(z.looseObject({})).parse(read('APIDevicesListAllResponse.json'));
    const wrong = devices.map((device) => ({ ...device, status: 'LOCKED' }));
    const problems = okta.checkAnswer(request('GET', '/api/v1/devices'), { status: 200, body: wrong });
    expect(problems).toHaveLength(devices.length);
    expect(problems[0]).toBe('listDevices answered 200: body: /0/status must be equal to one of the allowed values');
  });
});
