"""Images: photographs, folders, digits, and what a network expects of them."""
