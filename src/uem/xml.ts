import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';

/** Why a body that looks like XML is not read. */
export class XmlRefused extends Error {}

const nilAttribute = /^@(.*:)?nil$/i;
/** XML Schema 2, 3.2.2: a boolean is written in two ways. */
const nilIsTrue = /^\s*(true|1)\s*$/;

const parser = new XMLParser({
  ignoreAttributes: false,
  // Decodes numeric character references; entities of a document's own never get here.
  htmlEntities: true,
  attributeNamePrefix: '@',
  // Identifiers stay as they are written: "007" is a serial number, not seven.
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  trimValues: true,
});

const fieldSchema = z.union([z.string(), z.record(z.string(), z.unknown()).transform(elementValue)]).nullable().catch(null);
const documentSchema = z.record(z.string(), z.unknown()).transform((document) => Object.entries(document));

/**
 * The fields of a UEM notification in XML: root `Eventlog`, one element per field with the names of the JSON form, `xsi:nil` for null. Throws
 * `XmlRefused` for anything else; document types and entities of its own are refused unread.
 */
export function readXml(text: string): Record<string, string | null> {
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw new XmlRefused('The XML has a document type or entities of its own, which are not accepted.');
  if (XMLValidator.validate(text) !== true) throw new XmlRefused('The XML is not well-formed.');
  const roots = documentSchema.parse(parser.parse(text));
  const [name, root] = roots[0] ?? ['', ''];
  if (roots.length !== 1 || name.toLowerCase() !== 'eventlog') throw new XmlRefused('The root element is not Eventlog.');
  const fields = z.record(z.string(), z.unknown()).catch({}).parse(root);
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([field]) => !field.startsWith('@') && field !== '#text')
      .map(([field, value]) => [field, fieldSchema.parse(value)]),
  );
}

/** An element with attributes: null where one of them is a true `xsi:nil` or it holds other elements, else its text. */
function elementValue(element: Record<string, unknown>): string | null {
  const nil = Object.entries(element).some(([name, value]) => nilAttribute.test(name) && nilIsTrue.test(String(value)));
  const holdsElements = Object.keys(element).some((name) => !name.startsWith('@') && name !== '#text');
  return nil || holdsElements ? null : z.string().catch('').parse(element['#text']);
}
