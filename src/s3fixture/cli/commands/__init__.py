"""One command a module, each named `command` in it."""
