"""The command line seen from outside: real processes."""
