import { describe, expect, test } from '@jest/globals';
import { isExternal, mailFilter, proxyAddressFilter, userPath } from '../../src/entra/user-address.js';

describe('the address of a user', () => {
  test.each([
    ['jane@contoso.com', '/users/jane%40contoso.com'],
    ["o'brien+x@c.com", "/users/o'brien%2Bx%40c.com"],
    ['bob_contoso.com#EXT#@fab.onmicrosoft.com', '/users/bob_contoso.com%23EXT%23%40fab.onmicrosoft.com'],
    ['a/b', '/users/a%2Fb'],
    ['../groups', '/users/..%2Fgroups'],
    ['a?b@c.com', '/users/a%3Fb%40c.com'],
    ['%2e%2e', '/users/%252e%252e'],
    ['https://evil.example/x', '/users/https%3A%2F%2Fevil.example%2Fx'],
    ["$o'x@y.com", "/users('%24o''x%40y.com')"],
  ])('%j is %j', (name, path) => {
    expect(userPath(name)).toBe(path);
  });

  test.each(['', '.', '..', 'a\uD800b'])('%j cannot be asked for', (name) => {
    expect(userPath(name)).toBeNull();
  });

  test('quotes are doubled inside filters', () => {
    expect(mailFilter("o'brien@c.com")).toBe("mail eq 'o''brien@c.com'");
    expect(proxyAddressFilter("o'b@c.com")).toBe(
      "proxyAddresses/any(p:p eq 'smtp:o''b@c.com') or proxyAddresses/any(p:p eq 'SMTP:o''b@c.com')",
    );
  });

  test('a guest is recognised in any spelling', () => {
    expect(isExternal('bob_contoso.com#EXT#@fab.onmicrosoft.com')).toBe(true);
    expect(isExternal('bob_contoso.com#ext#@fab.onmicrosoft.com')).toBe(true);
    expect(isExternal('ext@fab.onmicrosoft.com')).toBe(false);
  });
});
