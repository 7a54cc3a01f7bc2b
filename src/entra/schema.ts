import { z } from 'zod';

/** A vendor's code as it may appear in messages and records: a name, never a sentence. */
const code = z.string().regex(/^[\w.:-]{1,80}$/);

/** `POST /users/{id}/revokeSignInSessions`: 200 with `value`; older documentation says 204 without a body. */
export const revocation = z.object({ value: z.boolean().nullish() });

/** `GET /users?$select=id,userPrincipalName,mail`. The id is checked because it becomes part of the next URL. */
export const userList = z.object({
  value: z.array(z.object({ id: z.guid(), userPrincipalName: z.string() })),
});

/** Graph's error envelope; `innerError` may be null and is not needed. */
export const graphError = z.object({ error: z.object({ code }) });

/** The token endpoint's answer; a token without content would be sent as an empty bearer. */
export const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });

/** The token endpoint's refusal. `error_description` is left out on purpose: it carries ids and addresses. */
export const tokenError = z.object({ error: code.optional(), error_codes: z.array(z.number().int()).optional() });
