"""The static site: pages from the store's files, without torch."""
