// The one importer of commander: what the command line uses of the package, under one roof.
//
// Another parser of arguments, or another version of this one, is then a change of this file and of
// what it names; types alone may be imported from the package itself.

export { Command, CommanderError, InvalidArgumentError, Option } from "commander";
