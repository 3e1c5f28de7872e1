"""Our own networks, one a file: ``BLUEPRINTS`` has one for each kind of weights."""
