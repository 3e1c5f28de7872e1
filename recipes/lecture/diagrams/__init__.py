"""Diagrams of the lecture, drawn as textbooks draw them."""
