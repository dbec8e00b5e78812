/** goutils' abbreviations and line wrapping, which count bytes. */
import type { CallContext } from "../function-table.ts";

const MARKER = "...";

/** AbbreviateFull; empty where goutils gives an error, which sprig swallows. */
export function abbreviate(text: string, offset: number, width: number): string {
  if (text === "" || width < 4) return "";
  if (text.length <= width) return text;
  let from = Math.min(offset, text.length);
  if (text.length - from < width - 3) from = text.length - (width - 3);
  if (from <= 4) return text.slice(0, width - 3) + MARKER;
  if (width < 7) return "";
  if (from + width - 3 < text.length) return MARKER + abbreviate(text.slice(from), 0, width - 3);
  return MARKER + text.slice(text.length - (width - 3));
}

/** WrapCustom. */
export function wrap(context: CallContext, text: string, length: number, separator: string, mayCutWords: boolean): string {
  const width = Math.max(length, 1);
  const lineBreak = separator === "" ? "\n" : separator;
  context.budget.checkText(text.length + Math.ceil(text.length / width) * lineBreak.length);
  let wrapped = "";
  let at = 0;
  while (text.length - at > width) {
    if (text[at] === " ") {
      at++;
      continue;
    }
    const space = text.slice(at, at + width + 1).lastIndexOf(" ") + at;
    if (space >= at) {
      wrapped += text.slice(at, space) + lineBreak;
      at = space + 1;
    } else if (mayCutWords) {
      wrapped += text.slice(at, at + width) + lineBreak;
      at += width;
    } else {
      const next = text.indexOf(" ", at + width);
      wrapped += next < 0 ? text.slice(at) : text.slice(at, next) + lineBreak;
      at = next < 0 ? text.length : next + 1;
    }
  }
  return wrapped + text.slice(at);
}
