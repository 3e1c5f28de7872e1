"""What each family of transforms does to an image and to a feature map."""
