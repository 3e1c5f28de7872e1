"""The static site: pages from the store's files, without torch."""

from vizkit.gallery.site.build import BuildReport as BuildReport
from vizkit.gallery.site.build import build as build

__all__ = ["BuildReport", "build"]
