const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The origin of a configured base URL. Throws an `Error` that names `variable` unless it is https; plain http passes only on a loopback
 * host and only where `allowHttpLoopback` says so (sandbox and tests).
 */
export function upstreamOrigin(variable: string, url: string, allowHttpLoopback: boolean): string {
  if (!URL.canParse(url)) throw new Error(`${variable} is not a URL`);
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === 'https:') return origin;
  if (protocol === 'http:' && allowHttpLoopback && loopback.test(hostname)) return origin;
  throw new Error(`${variable} must begin with https:// (http:// is for loopback, with ALLOW_HTTP_UPSTREAMS=loopback)`);
}
