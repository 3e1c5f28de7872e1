"""The lecture as a small static site: run the recipes, write the pages."""
