"""Natural examples on the pages of a gallery."""
