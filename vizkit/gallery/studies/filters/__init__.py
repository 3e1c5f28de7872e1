"""The learned filters of the first convolution."""
