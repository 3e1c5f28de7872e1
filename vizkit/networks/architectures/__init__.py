"""Networks that are written out here."""
