/** An operation's method and path, e.g. `POST /api/v1/devices/{deviceId}/lifecycle/suspend`. */
export type Operation = { method: string; path: string };

export type Match<T> = { operation: T; params: Record<string, string> };

/** Finds the operation a request addresses; where two fit, the one with fewer parameters. Parameters come decoded. */
export function createMatcher<T extends Operation>(operations: readonly T[]) {
  const compiled = operations
    .map((operation) => ({ operation, ...compile(operation.path) }))
    .toSorted((a, b) => a.names.length - b.names.length);
  return (method: string, pathname: string): Match<T> | null => {
    for (const { operation, names, pattern } of compiled) {
      const found = operation.method === method ? pattern.exec(pathname) : null;
      if (!found) continue;
      return { operation, params: Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1] ?? '')])) };
    }
    return null;
  };
}

function compile(path: string): { names: string[]; pattern: RegExp } {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const source = path
    .split(/\{[^}]+\}/)
    .map((literal) => literal.replaceAll(/[.$()]/g, String.raw`\$&`))
    .join('([^/]+)');
  return { names, pattern: new RegExp(`^${source}$`) };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
