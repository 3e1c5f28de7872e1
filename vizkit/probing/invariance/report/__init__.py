"""A report of a whole network: what each layer ignores, beside what floors give."""
