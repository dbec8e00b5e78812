/** Go's Time.Format and Time.String. */
import type { GoTime } from "../go/values.ts";
import { FunctionFault } from "../template-error.ts";
import { DAYS, layoutPieces, MONTHS } from "./layout.ts";

/** What Date can hold, in seconds either side of 1970. */
const MAX_SECONDS = 8_640_000_000_000n;
const DAY_MS = 86_400_000;

function pad(value: number, width: number, fill = "0"): string {
  return String(value).padStart(width, fill);
}

function offsetText(piece: string, offsetSeconds: number): string {
  if (piece.startsWith("Z") && offsetSeconds === 0) return "Z";
  const size = Math.abs(offsetSeconds);
  const parts = [pad(Math.floor(size / 3600), 2), pad(Math.floor(size / 60) % 60, 2), pad(size % 60, 2)];
  const shape = piece.slice(1);
  const kept = parts.slice(0, Math.ceil(shape.replaceAll(":", "").length / 2));
  return (offsetSeconds < 0 ? "-" : "+") + kept.join(shape.includes(":") ? ":" : "");
}

function fractionText(piece: string, nanoseconds: number): string {
  const digits = pad(nanoseconds, 9)
    .slice(0, piece.length - 1)
    .padEnd(piece.length - 1, "0");
  if (piece[1] === "0") return piece.charAt(0) + digits;
  const trimmed = digits.replace(/0+$/, "");
  return trimmed === "" ? "" : piece.charAt(0) + trimmed;
}

function year(value: number, width: number): string {
  return value < 0 ? `-${pad(-value, width)}` : pad(value, width);
}

function pieceText(piece: string, date: Date, time: GoTime): string {
  const hour12 = date.getUTCHours() % 12 || 12;
  switch (piece) {
    case "January":
      return MONTHS[date.getUTCMonth()] ?? "";
    case "Jan":
      return (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3);
    case "Monday":
      return DAYS[date.getUTCDay()] ?? "";
    case "Mon":
      return (DAYS[date.getUTCDay()] ?? "").slice(0, 3);
    case "MST":
      return time.zone === "" ? offsetText("-0700", time.offsetSeconds) : time.zone;
    case "01":
      return pad(date.getUTCMonth() + 1, 2);
    case "1":
      return String(date.getUTCMonth() + 1);
    case "02":
      return pad(date.getUTCDate(), 2);
    case "_2":
      return pad(date.getUTCDate(), 2, " ");
    case "2":
      return String(date.getUTCDate());
    case "002":
    case "__2": {
      const day = Math.floor((date.getTime() - new Date(date).setUTCMonth(0, 1)) / DAY_MS) + 1;
      return pad(day, 3, piece === "002" ? "0" : " ");
    }
    case "15":
      return pad(date.getUTCHours(), 2);
    case "03":
      return pad(hour12, 2);
    case "3":
      return String(hour12);
    case "04":
      return pad(date.getUTCMinutes(), 2);
    case "4":
      return String(date.getUTCMinutes());
    case "05":
      return pad(date.getUTCSeconds(), 2);
    case "5":
      return String(date.getUTCSeconds());
    case "06":
      return pad(Math.abs(date.getUTCFullYear()) % 100, 2);
    case "2006":
      return year(date.getUTCFullYear(), 4);
    case "PM":
      return date.getUTCHours() >= 12 ? "PM" : "AM";
    case "pm":
      return date.getUTCHours() >= 12 ? "pm" : "am";
    default:
      return /^[.,]/.test(piece) ? fractionText(piece, time.nanoseconds) : offsetText(piece, time.offsetSeconds);
  }
}

/** Time.Format; the layout is a Go string. */
export function formatTime(time: GoTime, layout: string): string {
  if (time.seconds > MAX_SECONDS || time.seconds < -MAX_SECONDS) throw new FunctionFault("the time lies too far away");
  const date = new Date((Number(time.seconds) + time.offsetSeconds) * 1000);
  return layoutPieces(layout)
    .map(({ kind, text }) => (kind === "text" ? text : pieceText(text, date, time)))
    .join("");
}

/** Time.String. */
export function describeTime(time: GoTime): string {
  return formatTime(time, "2006-01-02 15:04:05.999999999 -0700 MST");
}
