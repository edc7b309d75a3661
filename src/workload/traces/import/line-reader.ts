// Lines of a text that comes in pieces, for formats that are no CSV.
//
// Where the pieces are cut does not matter. It knows nothing of what lines mean.

import type { TextSink } from "./importer.ts";

/** Hands on lines without their ends, numbered from 1; a last line without an end counts. */
export function lineReader(sink: (text: string, line: number) => void): TextSink {
  let rest = "";
  let line = 0;
  const take = (text: string): void => {
    line++;
    sink(text.endsWith("\r") ? text.slice(0, -1) : text, line);
  };
  return {
    push: (chunk) => {
      const text = rest + chunk;
      let start = 0;
      for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
        take(text.slice(start, end));
        start = end + 1;
      }
      rest = text.slice(start);
    },
    end: () => {
      if (rest !== "") take(rest);
      rest = "";
    },
  };
}
