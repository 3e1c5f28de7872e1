"""What our HTML pages share: how templates are filled in, and the colors of both themes."""
