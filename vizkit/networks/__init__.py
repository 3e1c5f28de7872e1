"""Networks: their registry, weights, preprocessing and layers."""
