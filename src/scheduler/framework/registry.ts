// Registry: the plugins that can be named in a configuration.
//
// One entry per plugin: its name, the extension points it implements, the reader of its arguments,
// and its factory. Adding a plugin is one file and one entry.

import type { Decoder } from "../../base/index.ts";
import type { ExtensionPoint, PluginFactory } from "./plugin.ts";

/**
 * Reads and checks one plugin's arguments; faults are noted in the decoder. A decoder at an absent
 * value means the defaults.
 */
export type ArgumentReader = (source: Decoder) => unknown;

/** What the configuration reader and the profile need to know about a plugin. */
export interface RegistryEntry {
  readonly name: string;
  readonly points: readonly ExtensionPoint[];
  readonly factory: PluginFactory;
  /** Absent: the plugin takes no arguments. */
  readonly readArguments?: ArgumentReader;
}

/** Plugins by name, in registration order. */
export class Registry {
  private readonly entries = new Map<string, RegistryEntry>();

  constructor(entries: readonly RegistryEntry[]) {
    for (const entry of entries) this.register(entry);
  }

  /** Adds a plugin; a second one of the same name is a mistake of the caller. */
  register(entry: RegistryEntry): void {
    if (this.entries.has(entry.name)) {
      throw new Error(`plugin ${entry.name} is registered twice`);
    }
    this.entries.set(entry.name, entry);
  }

  find(name: string): RegistryEntry | undefined {
    return this.entries.get(name);
  }

  names(): readonly string[] {
    return [...this.entries.keys()];
  }
}
