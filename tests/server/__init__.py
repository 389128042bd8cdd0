"""The service seen from outside: real sockets, real Chromium, a real disk."""
