/** sprig's random bytes and UUIDs, from the rendering's source. */
import { type FunctionTable, fixed } from "../function-table.ts";
import { FunctionFault } from "../template-error.ts";

function toUuid(bytes: Uint8Array): string {
  const tagged = bytes.map((byte, index) => (index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte));
  const hex = Buffer.from(tagged).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export const UUIDS: FunctionTable = Object.freeze({
  uuidv4: fixed([], ({ environment }) => toUuid(environment.randomBytes(16))),
  randBytes: fixed(["int"], (context, count) => {
    if (count < 0) throw new FunctionFault("negative count");
    context.budget.checkText(count * 2);
    return Buffer.from(context.environment.randomBytes(count)).toString("base64");
  }),
});
