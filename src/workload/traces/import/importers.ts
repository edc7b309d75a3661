// Every format that can be imported: one line per format.
//
// The command line offers exactly these, with their options, so a new one is one file and one line.

import type { Importer } from "./importer.ts";
import { KUBESBS } from "./kubesbs.ts";
import { OPENB_IMPORTER } from "./openb.ts";
import { SWF } from "./swf.ts";

/** Importers in the order of the help. */
export const IMPORTERS: readonly Importer[] = [KUBESBS, OPENB_IMPORTER, SWF];
