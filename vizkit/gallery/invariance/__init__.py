"""What units ignore, as the gallery measures it, stores it and draws it."""
