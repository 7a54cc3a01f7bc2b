import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { root, serviceNamed } from './compose-file.js';

const text = readFileSync(join(root, 'deploy/Caddyfile'), 'utf8');

describe('deploy/Caddyfile', () => {
  test('serves the domain that the environment names', () => {
    expect(text).toContain('{$RELAY_DOMAIN:localhost} {');
    expect(Object.keys(serviceNamed('caddy').environment)).toEqual(['RELAY_DOMAIN']);
    expect(serviceNamed('caddy').volumes).toContain('./deploy/Caddyfile:/etc/caddy/Caddyfile:ro');
  });

  test('lets nothing through but webhooks and /healthz, to the receiver', () => {
    expect(text.match(/^\s*@uem path .*$/gm)?.map((line) => line.trim())).toEqual(['@uem path /webhooks/uem /healthz']);
    expect(text.match(/^\s*handle.*$/gm)?.map((line) => line.trim())).toEqual(['handle @uem {', 'handle {']);
    expect(text).toMatch(/handle @uem \{\s+reverse_proxy receiver:8080\s+\}\s+handle \{\s+respond 404\s+\}/);
    expect(text.match(/reverse_proxy/g)).toHaveLength(1);
  });

  test('keeps certificates over restarts and offers no administration', () => {
    expect(serviceNamed('caddy').volumes).toEqual(expect.arrayContaining(['caddy-data:/data', 'caddy-config:/config']));
    expect(text).toMatch(/^\tadmin off$/m);
    expect(text).not.toContain('trusted_proxies');
  });
});

const caddy = spawnSync('caddy', ['version']);
if (caddy.status !== 0) console.warn('no caddy here: it is not asked what it thinks of deploy/Caddyfile');

(caddy.status === 0 ? describe : describe.skip)('caddy', () => {
  test('accepts the file', () => {
    expect(spawnSync('caddy', ['validate', '--adapter', 'caddyfile', '--config', 'deploy/Caddyfile'], { cwd: root }).status).toBe(0);
  });
});
