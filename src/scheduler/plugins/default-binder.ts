// DefaultBinder: the plugin that writes the binding.
//
// The write itself goes through the API client of whoever runs the binding cycle; this plugin only
// marks that the profile binds in the ordinary way.

import type { BindPlugin } from "../framework/plugin.ts";

/** Bind by POSTing a Binding. */
export class DefaultBinder implements BindPlugin {
  readonly name = "DefaultBinder";
  readonly binds = true as const;
}
