"""One traced forward pass, and what must not be interrupted in it."""
