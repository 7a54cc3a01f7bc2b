import { z } from 'zod';
import type { Identity } from '../compliance/record.js';

/** A user of the Users API, or the summary of one that a device carries. */
export const user = z
  .object({ id: z.string().min(1), profile: z.object({ login: z.string(), email: z.string().nullish() }) })
  .transform(({ id, profile }): Identity => ({ id, login: profile.login, email: profile.email || null }));
