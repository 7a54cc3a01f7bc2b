/** True for a guest's user principal name: guests are signed in by their home tenant, which our call does not reach. */
export function isExternal(userPrincipalName: string): boolean {
  return userPrincipalName.toUpperCase().includes('#EXT#');
}

/**
 * The path of one user by object id or user principal name, encoded because the Graph client does not: `#`, `?` and `/` would reach another
 * object. Null for a name that cannot be a path segment. A name that begins with `$` needs the parentheses form
 * (learn.microsoft.com/graph/api/user-get).
 */
export function userPath(idOrUserPrincipalName: string): string | null {
  if (['', '.', '..'].includes(idOrUserPrincipalName) || /\p{Surrogate}/u.test(idOrUserPrincipalName)) return null;
  if (!idOrUserPrincipalName.startsWith('$')) return `/users/${encodeURIComponent(idOrUserPrincipalName)}`;
  return `/users('${encodeURIComponent(doubleQuotes(idOrUserPrincipalName))}')`;
}

/** The OData filter for users whose `mail` is this address; not encoded yet. */
export function mailFilter(address: string): string {
  return `mail eq '${doubleQuotes(address)}'`;
}

/** The OData filter for users with this proxy address; whether the prefix's case matters is not documented, so both are asked for. */
export function proxyAddressFilter(address: string): string {
  const quoted = doubleQuotes(address);
  return `proxyAddresses/any(p:p eq 'smtp:${quoted}') or proxyAddresses/any(p:p eq 'SMTP:${quoted}')`;
}

function doubleQuotes(text: string): string {
  return text.replaceAll("'", "''");
}
