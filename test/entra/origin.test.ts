import { expect, test } from '@jest/globals';
import { upstreamOrigin } from '../../src/entra/origin.js';

test.each([
  ['https://graph.microsoft.com/', 'https://graph.microsoft.com'],
  ['https://login.microsoftonline.us', 'https://login.microsoftonline.us'],
  ['https://127.0.0.1:8443/x', 'https://127.0.0.1:8443'],
])('%s has the origin %s', (url, origin) => {
  expect(upstreamOrigin('GRAPH_BASE_URL', url, false)).toBe(origin);
});

test.each(['http://127.0.0.1:4000', 'http://localhost:4000', 'http://[::1]:4000'])('%s passes only where loopback is allowed', (url) => {
  expect(upstreamOrigin('GRAPH_BASE_URL', url, true)).toBe(url);
  expect(() => upstreamOrigin('GRAPH_BASE_URL', url, false)).toThrow('GRAPH_BASE_URL must begin with https://');
});

test.each(['http://graph.microsoft.com', 'http://127.0.0.1.evil.example', 'http://localhost.evil.example', 'ftp://127.0.0.1'])(
  '%s never passes',
  (url) => {
    expect(() => upstreamOrigin('AZURE_AUTHORITY_HOST', url, true)).toThrow('AZURE_AUTHORITY_HOST must begin with https://');
  },
);

test('a text that is no URL is named by its variable, not repeated', () => {
  expect(() => upstreamOrigin('GRAPH_BASE_URL', 'secret?', true)).toThrow(new Error('GRAPH_BASE_URL is not a URL'));
});
