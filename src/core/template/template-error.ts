/** The one error that templates give: a place and a fixed phrase, never a value and never the text of the template, which may be a secret too. */

/**
 * Why a template does not parse or does not render, and where. `line` and `column` count from 1, columns bytes, as Go does; both
 * are undefined where not a place but the template as a whole is refused.
 */
export class TemplateError extends Error {
  readonly template: string;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly phrase: string;

  constructor(template: string, place: Place | undefined, phrase: string) {
    super(place === undefined ? `${template}: ${phrase}` : `${template}:${place.line}:${place.column}: ${phrase}`);
    this.name = "TemplateError";
    this.template = template;
    this.line = place?.line;
    this.column = place?.column;
    this.phrase = phrase;
  }
}

/** Tells a template's own failure from a bug. */
export function isTemplateError(error: unknown): error is TemplateError {
  return error instanceof TemplateError;
}

/** What a function of a template throws: a fixed phrase; the executor adds the place. */
export class FunctionFault extends Error {
  constructor(phrase: string) {
    super(phrase);
    this.name = "FunctionFault";
  }
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The line and the column of a byte of a text. */
export function placeOf(text: string, position: number): Place {
  const before = text.slice(0, position);
  const lastBreak = before.lastIndexOf("\n");
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  return { line, column: position - lastBreak };
}
