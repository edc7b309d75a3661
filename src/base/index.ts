// Door of base: what every floor above may use. Nothing here knows Kubernetes or events.
//
// Two halves: numeric (time, exact arithmetic, randomness, columns, digests) and reading
// (text in, checked values or positioned problems out).

// ---- numeric ----------------------------------------------------------------------------

// ---- reading ----------------------------------------------------------------------------
export {};
