import { z } from 'zod';
import type { Problem } from '../problem.js';
import { readXml, XmlRefused } from '../uem/xml.js';

type BodyReading = { ok: true; body: Record<string, unknown> } | { ok: false; problem: Problem };

const objectSchema = z.custom<Record<string, unknown>>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Reads a webhook body whatever its Content-Type says: UEM's is not documented. */
export function readBody(raw: Buffer): BodyReading {
  const text = decode(raw);
  if (text === null) return unreadable('The body is not UTF-8 text.');
  if (text === '') return unreadable('The body is empty. UEM sends one event as JSON or XML.');
  return text.startsWith('<') ? readXmlBody(text) : readJsonBody(text);
}

function readJsonBody(text: string): BodyReading {
  try {
    const parsed = objectSchema.safeParse(JSON.parse(text));
    if (parsed.success) return { ok: true, body: parsed.data };
    return { ok: false, problem: { status: 422, title: 'Not an event', detail: 'The body is JSON but not an object; UEM sends one object per event.' } };
  } catch {
    return unreadable('The body is neither valid JSON nor XML; UEM sends one event as JSON or XML.');
  }
}

function readXmlBody(text: string): BodyReading {
  try {
    return { ok: true, body: readXml(text) };
  } catch (error) {
    // Whatever else the XML reader takes exception to (names of prototypes, impossible characters) is the sender's too.
    return unreadable(error instanceof XmlRefused ? error.message : 'The XML cannot be read.');
  }
}

function decode(raw: Buffer): string | null {
  try {
    return decoder.decode(raw).trim();
  } catch {
    return null;
  }
}

function unreadable(detail: string): BodyReading {
  return { ok: false, problem: { status: 400, title: 'Unreadable body', detail } };
}
