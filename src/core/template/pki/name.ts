/** A distinguished name as Go's pkix.Name prints it. */
import { type Element, oidText } from "./der.ts";

const SHORT = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.5", "SERIALNUMBER"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["2.5.4.17", "POSTALCODE"],
]);

function escaped(text: string): string {
  return text.replace(/[,+"\\<>;]|^[ #]| $/g, "\\$&");
}

function attributeText(attribute: Element): string {
  const [type, value] = attribute.children;
  if (type === undefined || value === undefined) return "";
  const oid = oidText(type);
  const name = SHORT.get(oid);
  if (name === undefined) return `${oid}=#${Buffer.from(value.whole).toString("hex")}`;
  return `${name}=${escaped(new TextDecoder().decode(value.content))}`;
}

/** The last part first, parts apart by commas, values of one part by plus signs. */
export function nameText(name: Element): string {
  return name.children
    .map((part) => part.children.map(attributeText).join("+"))
    .toReversed()
    .join(",");
}
