// Half surrogate pairs: text that no encoding can hold.
//
// The language's own isWellFormed is newer than the library version this project is typed against.

/** Matches half of a surrogate pair that stands alone. */
export const LONE_SURROGATE: RegExp = /\p{Cs}/u;

/** Whether the text holds half of a surrogate pair. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}
