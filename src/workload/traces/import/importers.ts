// Every format that can be imported: one line per format.
//
// The command line offers exactly these, with their options, so a new one is one file and one line here.

import { ALIBABA_GPU_2020 } from "./alibaba-gpu-2020.ts";
import { AZURE_VM } from "./azure-vm.ts";
import { GOOGLE_2011 } from "./google-2011.ts";
import { GOOGLE_2019 } from "./google-2019.ts";
import type { Importer } from "./importer.ts";
import { KUBESBS } from "./kubesbs.ts";
import { OPENB_IMPORTER } from "./openb.ts";
import { PHILLY } from "./philly.ts";
import { SCHEDULER_SIMULATOR } from "./scheduler-simulator.ts";
import { SIMKUBE } from "./simkube.ts";
import { SWF } from "./swf.ts";
import { WFCOMMONS } from "./wfcommons.ts";

/** Importers in the order of the help. */
export const IMPORTERS: readonly Importer[] = [
  ...[KUBESBS, OPENB_IMPORTER, ALIBABA_GPU_2020, PHILLY],
  ...[GOOGLE_2011, GOOGLE_2019, AZURE_VM, SWF, WFCOMMONS, SIMKUBE, SCHEDULER_SIMULATOR],
];
